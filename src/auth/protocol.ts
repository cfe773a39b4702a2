import { isIP } from "node:net";
import { asCount, asRecord, parseJson } from "../wire/record.ts";

/**
 * Between the collector and the process that asks PAM: one line of JSON a message, both ways. Answers come in any
 * order; `id` says to which request they belong.
 */
export interface AuthRequest {
  readonly id: number;
  readonly user: string;
  readonly password: string;
  /** Where the user is (PAM_RHOST); empty when that is not known. */
  readonly address: string;
}

/** `unavailable`: PAM could not be asked, or too many requests wait. */
export interface AuthAnswer {
  readonly id: number;
  readonly result: "accepted" | "denied" | "unavailable";
}

export const AUTH_LIMITS = {
  /** A line of this protocol, octets. */
  maxLineBytes: 4_096,
  /** authenticate-pam copies both into 128 octets without an end mark when they do not fit: 126 are safe. */
  maxUserBytes: 126,
  maxPasswordBytes: 126,
} as const;

/** What PAM can be asked about without being misunderstood: it reads C strings, up to the first NUL. */
export function isAskable(user: string, password: string): boolean {
  if (user === "" || user.includes("\0") || password.includes("\0")) return false;
  if (Buffer.byteLength(user) > AUTH_LIMITS.maxUserBytes) return false;
  return Buffer.byteLength(password) <= AUTH_LIMITS.maxPasswordBytes;
}

export function parseAuthRequest(line: string): AuthRequest | undefined {
  const record = asRecord(parseJson(line));
  const id = asCount(record?.["id"]);
  const user = record?.["user"];
  const password = record?.["password"];
  const address = record?.["address"];
  if (id === undefined || typeof user !== "string" || typeof password !== "string") return undefined;
  // A proxy's word for it may be anything, and PAM modules look host names up.
  return { id, user, password, address: typeof address === "string" && isIP(address) !== 0 ? address : "" };
}

export function parseAuthAnswer(line: string): AuthAnswer | undefined {
  const record = asRecord(parseJson(line));
  const id = asCount(record?.["id"]);
  const result = record?.["result"];
  if (id === undefined) return undefined;
  return result === "accepted" || result === "denied" || result === "unavailable" ? { id, result } : undefined;
}
