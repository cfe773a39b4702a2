import { isIP } from "node:net";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
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
  | { readonly id: number; readonly cancel: true }
  /** An order of the web to sign, with the ticket of a login. */
  | { readonly id: number; readonly ticket: string; readonly order: string }
  /** A ticket for the user who has started all this, and has signed in with its code. */
  | { readonly id: number; readonly ticketFor: string };

export type AuthAnswer =
  /** PAM asks for more than a password. */
  | { readonly id: number; readonly prompt: string; readonly isEcho: boolean }
  | ({ readonly id: number } & (AuthResult | SignerAnswer));

/** `ticket`: empty without a signer. `refused`: why nothing was signed. */
export type SignerAnswer = { readonly sig: string } | { readonly refused: string } | { readonly ticket: string };

export type AuthResult =
  | {
      readonly result: "accepted";
      readonly uid: number;
      /** Changes with the password, or when it is locked; empty if unknown here. */
      readonly stamp: string;
      /** For orders of the web; missing without a signer. */
      readonly ticket?: string | undefined;
    }
  /** `unavailable`: PAM could not be asked, or too many questions are open. */
  | { readonly result: "denied" | "unavailable" };

export const AUTH_LIMITS = {
  /** A line of this protocol, octets: JSON takes up to six for one octet of a password. */
  maxLineBytes: 8_192,
  /** Where orders come to be signed: one as a text of JSON. */
  maxOrderLineBytes: 2 * FLEET_LIMITS.maxMessageBytes,
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
  const { user, password, address, account, reply, cancel, ticket, order, ticketFor } = record;
  if (typeof ticket === "string" && typeof order === "string") return { id, ticket, order };
  if (typeof ticketFor === "string") return { id, ticketFor };
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
  const { result, stamp, prompt, isEcho, sig, refused, ticket } = record;
  if (typeof sig === "string") return { id, sig };
  if (typeof refused === "string") return { id, refused };
  if (typeof ticket === "string" && result === undefined) return { id, ticket };
  if (typeof prompt === "string") return { id, prompt, isEcho: isEcho === true };
  if (result === "denied" || result === "unavailable") return { id, result };
  const uid = asCount(record["uid"]);
  if (result !== "accepted" || uid === undefined || typeof stamp !== "string") return undefined;
  return { id, result, uid, stamp, ...(typeof ticket === "string" ? { ticket } : {}) };
}
