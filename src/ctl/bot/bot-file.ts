import { existsSync, readFileSync, statSync } from "node:fs";
import { parse } from "smol-toml";
import { isMissing } from "../../host/is-missing.ts";
import { isServiceName } from "../../wire/fleet/service-name.ts";
import { asRecord } from "../../wire/record.ts";
import { isUnixName } from "../../wire/unix-name.ts";
import { CtlError } from "../command.ts";
import { parseRequests, type RunRequest } from "../fleet/run-request.ts";
import type { IrcServer } from "./irc-connection.ts";

/** What a user of the channel may have the bot do, besides `help` and `logout`. */
const RIGHTS = ["look", "ask", "run", "stop", "call"] as const;
export type Right = (typeof RIGHTS)[number];

/** bot.toml. */
export interface BotFile {
  readonly server: IrcServer;
  readonly channel: string;
  /** Empty: the channel has none. */
  readonly channelKey: string;
  /** By user. */
  readonly rights: ReadonlyMap<string, ReadonlySet<Right>>;
  /** By SHA-256 in hex: whose token it is. */
  readonly tokens: ReadonlyMap<string, string>;
  /** What `call NAME` may name. */
  readonly services: ReadonlySet<string>;
  /** What `run NAME` starts, by name. */
  readonly runs: ReadonlyMap<string, RunRequest>;
}

const KEYS = ["server", "tls", "ca", "password", "nick", "channel", "channel-key", "services", "users", "runs"];
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];
/** RFC 2812, section 1.2.1, and longer than its 9 letters, as many servers allow. */
const NICK = /^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]{0,29}$/;
/** RFC 2812, section 1.3. */
const CHANNEL = /^[#&+!][^\s\p{Cc},:]{1,49}$/u;
const WORD_OR_NONE = /^(?:[^\s:\0][^\s\0]{0,199})?$/;
const ADDRESS = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/;
const RUN_NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const GROUP_AND_OTHERS_WRITE = 0o022;

/** Reads bot.toml. Throws a CtlError that names the first fault: nothing is guessed. */
export function readBotFile(path: string): BotFile {
  try {
    if ((statSync(path).mode & GROUP_AND_OTHERS_WRITE) !== 0)
      throw new CtlError(`${path}: others may write it, and so decide who commands the bot: chmod go-w ${path}`);
    return parseBotFile(readFileSync(path, "utf8"), (file) => readFileSync(file, "utf8"));
  } catch (error) {
    if (isMissing(error) && !existsSync(path))
      throw new CtlError(`There is no ${path}: \`mlctl bot --help\` shows one; --config names another`);
    const message = error instanceof Error ? error.message : String(error);
    throw new CtlError(message.includes(path) ? message : `${path}: ${message}`);
  }
}

/** @param readText reads a file of PEM that it names */
export function parseBotFile(text: string, readText: (path: string) => string): BotFile {
  const file = asRecord(parse(text)) ?? {};
  const other = Object.keys(file).find((key) => !KEYS.includes(key));
  if (other !== undefined) throw new CtlError(`there is no key ${other}: expected ${KEYS.join(", ")}`);
  const { tls = true, ca } = file;
  const server = textOf(file["server"], { key: "server", form: ADDRESS, expected: "HOST:PORT" });
  const [, bare = "", port = ""] = /^(.*):(\d+)$/.exec(server) ?? [];
  const host = bare.replace(/^\[(.*)\]$/, "$1");
  if (typeof tls !== "boolean") throw new CtlError("tls: expected true or false");
  if (!tls && !LOOPBACK.includes(host))
    throw new CtlError(
      "tls = false is for a server on this machine: on the way to another, tokens could be read and used",
    );
  if (ca !== undefined && typeof ca !== "string") throw new CtlError("ca: expected a file of PEM");
  return {
    server: {
      host,
      port: Number(port),
      tls: tls ? { ca: ca === undefined ? undefined : readText(ca) } : undefined,
      password: textOf(file["password"] ?? "", { key: "password", form: WORD_OR_NONE, expected: "one word" }),
      nick: textOf(file["nick"] ?? "mlbot", { key: "nick", form: NICK, expected: "a nick" }),
    },
    channel: textOf(file["channel"], { key: "channel", form: CHANNEL, expected: "a channel like #ops" }),
    channelKey: textOf(file["channel-key"] ?? "", { key: "channel-key", form: WORD_OR_NONE, expected: "one word" }),
    services: servicesOf(file["services"] ?? []),
    ...usersOf(asRecord(file["users"]) ?? {}),
    runs: runsOf(asRecord(file["runs"]) ?? {}),
  };
}

function usersOf(users: Readonly<Record<string, unknown>>): Pick<BotFile, "rights" | "tokens"> {
  const rights = new Map<string, ReadonlySet<Right>>();
  const tokens = new Map<string, string>();
  for (const [user, value] of Object.entries(users)) {
    const { token, may = ["look"], ...others } = asRecord(value) ?? {};
    if (!isUnixName(user) || Object.keys(others).length > 0)
      throw new CtlError(`users.${user}: expected a user's name, with token and may`);
    const digest = typeof token === "string" ? /^sha256:([0-9a-f]{64})$/.exec(token)?.[1] : undefined;
    if (digest === undefined || tokens.has(digest))
      throw new CtlError(`users.${user}: expected a token of its own: \`mlctl bot --new-token\` makes one`);
    const known = Array.isArray(may) ? RIGHTS.filter((right) => may.includes(right)) : [];
    if (!Array.isArray(may) || known.length !== may.length)
      throw new CtlError(`users.${user}: may: expected a list of ${RIGHTS.join(", ")}`);
    rights.set(user, new Set(known));
    tokens.set(digest, user);
  }
  return { rights, tokens };
}

function servicesOf(value: unknown): ReadonlySet<string> {
  if (!Array.isArray(value) || !value.every(isServiceName))
    throw new CtlError('services: expected a list of names of services, like ["tools/convert"]');
  return new Set(value);
}

function runsOf(runs: Readonly<Record<string, unknown>>): ReadonlyMap<string, RunRequest> {
  return new Map(
    Object.entries(runs).map(([name, value]) => {
      if (!RUN_NAME.test(name)) throw new CtlError(`runs.${name}: expected letters, digits and ._-`);
      try {
        const [request] = parseRequests(JSON.stringify(asRecord(value) ?? null));
        if (request === undefined) throw new CtlError("it is empty");
        return [name, { ...request, job: request.job || name }] as const;
      } catch (error) {
        const message = error instanceof Error ? error.message.replace(/^Line 1: /, "") : String(error);
        throw new CtlError(`runs.${name}: ${message}`);
      }
    }),
  );
}

function textOf(
  value: unknown,
  { key, form, expected }: { readonly key: string; readonly form: RegExp; readonly expected: string },
): string {
  if (typeof value === "string" && form.test(value)) return value;
  throw new CtlError(`${key}: expected ${expected}`);
}
