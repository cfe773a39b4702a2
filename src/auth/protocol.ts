import { isIP } from "node:net";
import { asCount, asRecord, parseJson } from "../wire/record.ts";

/**
 * Between the collector and the process that asks PAM: one line of JSON per message, both ways. `id` names the question
 * that a message belongs to; questions are answered in any order, each with one final `result`.
 */
export type AuthRequest =
  | {
      readonly id: number;
      readonly user: string;
      readonly password: string;
      /** The client's address (PAM_RHOST); empty if unknown. */
      readonly address: string;
    }
  /** Whether this user may still log in. */
  | { readonly id: number; readonly account: string }
  /** The person's reply to the last prompt. */
  | { readonly id: number; readonly reply: string }
  /** The person has gone. */
  | { readonly id: number; readonly cancel: true };

export type AuthAnswer =
  /** PAM asks for more than a password. */
  { readonly id: number; readonly prompt: string; readonly isEcho: boolean } | ({ readonly id: number } & AuthResult);

export type AuthResult =
  | {
      readonly result: "accepted";
      readonly uid: number;
      /** Changes with the password, or when it is locked; empty if unknown here. */
      readonly stamp: string;
    }
  /** `unavailable`: PAM could not be asked, or too many questions are open. */
  | { readonly result: "denied" | "unavailable" };

export const AUTH_LIMITS = {
  /** A line of this protocol, octets: JSON takes up to six for one octet of a password. */
  maxLineBytes: 8_192,
  maxUserBytes: 126,
  /** Length of a password or another reply: PAM_MAX_RESP_SIZE is 512, including its NUL. */
  maxReplyBytes: 511,
} as const;

/** Whether PAM, which reads C strings up to the first NUL, would see the same text. */
export function isAskable(user: string, password: string): boolean {
  if (user === "" || user.includes("\0")) return false;
  return Buffer.byteLength(user) <= AUTH_LIMITS.maxUserBytes && isReply(password);
}

export function isReply(text: string): boolean {
  return !text.includes("\0") && Buffer.byteLength(text) <= AUTH_LIMITS.maxReplyBytes;
}

export function parseAuthRequest(line: string): AuthRequest | undefined {
  const record = asRecord(parseJson(line));
  const id = asCount(record?.["id"]);
  if (record === undefined || id === undefined) return undefined;
  const { user, password, address, account, reply, cancel } = record;
  if (cancel === true) return { id, cancel };
  if (typeof reply === "string") return { id, reply };
  if (typeof account === "string") return { id, account };
  if (typeof user !== "string" || typeof password !== "string") return undefined;
  // A proxy may send anything as an address, and PAM modules look host names up.
  return { id, user, password, address: typeof address === "string" && isIP(address) !== 0 ? address : "" };
}

export function parseAuthAnswer(line: string): AuthAnswer | undefined {
  const record = asRecord(parseJson(line));
  const id = asCount(record?.["id"]);
  if (record === undefined || id === undefined) return undefined;
  const { result, stamp, prompt, isEcho } = record;
  if (typeof prompt === "string") return { id, prompt, isEcho: isEcho === true };
  if (result === "denied" || result === "unavailable") return { id, result };
  const uid = asCount(record["uid"]);
  if (result !== "accepted" || uid === undefined || typeof stamp !== "string") return undefined;
  return { id, result, uid, stamp };
}
