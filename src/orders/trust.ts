import { isUnixName } from "../wire/unix-name.ts";
import { parsePublicKey } from "./public-key.ts";

/** A key of a trust file, and the users for whom it may sign. */
export interface TrustedKey {
  /**
   * Exact names: a pattern would trust the key for users who do not exist yet. Undefined: any user that the order
   * names.
   */
  readonly users: readonly string[] | undefined;
  /** Undefined: every purpose of this file. */
  readonly namespaces: readonly string[] | undefined;
  readonly validFromMs: number;
  readonly validUntilMs: number;
}

/** Keys by their blob in base64. A key may be on several lines. */
export type Trust = ReadonlyMap<string, readonly TrustedKey[]>;

/** Keys and lines of a file that root wrote: more is a mistake. */
const MAX_LINES = 100_000;
const LINE =
  /^("[^"]*"|[^\s"]+)\s+(?:((?:[a-z-]+(?:="[^"]*")?)(?:,[a-z-]+(?:="[^"]*")?)*)\s+)?((?:ssh|ecdsa)-[a-z0-9-]+)\s+([A-Za-z0-9+/]+={0,2})(?:\s.*)?$/;
const OPTION = /([a-z-]+)(?:="([^"]*)")?/g;
const TIME = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z?$/;

/**
 * Parses a trust file of users' keys: ssh-keygen's allowed_signers (ssh-keygen(1), ALLOWED SIGNERS). A line that is not
 * fully understood trusts nobody and is named in `faults`. Times are UTC, names are exact, and `cert-authority` is not
 * accepted.
 */
export function parseTrust(text: string): { readonly trust: Trust; readonly faults: readonly string[] } {
  return parseLines(text, parseLine);
}

/** Parses a file of keys that may sign for any user, the web signer's: lines of `.pub` files, with the same options. */
export function parseWebTrust(text: string): { readonly trust: Trust; readonly faults: readonly string[] } {
  return parseLines(text, (line) => {
    const parsed = parseLine(`web ${line}`);
    return typeof parsed === "string" ? parsed : { ...parsed, key: { ...parsed.key, users: undefined } };
  });
}

interface Line {
  readonly blob: string;
  readonly key: TrustedKey;
}

function parseLines(text: string, parse: (line: string) => Line | string): ReturnType<typeof parseTrust> {
  const trust = new Map<string, TrustedKey[]>();
  const faults: string[] = [];
  for (const [i, line] of text.split("\n").slice(0, MAX_LINES).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const parsed = parse(line.trim());
    if (typeof parsed === "string") faults.push(`line ${i + 1}: ${parsed}`);
    else trust.set(parsed.blob, [...(trust.get(parsed.blob) ?? []), parsed.key]);
  }
  return { trust, faults };
}

function parseLine(line: string): Line | string {
  const [, names = "", options, type = "", blob = ""] = LINE.exec(line) ?? [];
  if (blob === "") return "expected USERS [OPTIONS] KEYTYPE KEY, as ssh-keygen -Y verify takes them";
  const users = names.replaceAll('"', "").split(",");
  const strange = users.find((user) => !isUnixName(user));
  if (strange !== undefined)
    return `${JSON.stringify(strange)} is no user's name (names are exact, patterns are not taken)`;
  const bytes = Buffer.from(blob, "base64");
  if (bytes.toString("base64") !== blob || parsePublicKey(bytes)?.type !== type)
    return `the key is not a plain ${type}: RSA of 2,048 bits or more, ECDSA and Ed25519 are taken`;
  const limits = parseOptions(options ?? "");
  return typeof limits === "string" ? limits : { blob, key: { users, ...limits } };
}

function parseOptions(text: string): Omit<TrustedKey, "users"> | string {
  let namespaces: readonly string[] | undefined;
  let [validFromMs, validUntilMs] = [0, Number.POSITIVE_INFINITY];
  for (const [, name = "", value] of text.matchAll(OPTION)) {
    const timeMs = parseTime(value ?? "");
    if (name === "namespaces" && value !== undefined) namespaces = value.split(",");
    else if (name === "valid-after" && timeMs !== undefined) validFromMs = timeMs;
    else if (name === "valid-before" && timeMs !== undefined) validUntilMs = timeMs;
    else return `the option ${name} is not understood`;
  }
  return { namespaces, validFromMs, validUntilMs };
}

/** Parses YYYYMMDD or YYYYMMDDHHMM[SS], in UTC. */
function parseTime(text: string): number | undefined {
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = TIME.exec(text) ?? [];
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
