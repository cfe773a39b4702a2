import { asCount, asRecord } from "./record.ts";

/** What the bearer of a token may do besides asking who it is. */
export type TokenScope = "read" | "search" | "keep" | "delete" | "share" | "run" | "call" | "peer";

/** Body of `POST /api/tokens`. */
export interface TokenRequest {
  /** Distinguishes the owner's tokens. */
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly days: number;
  /** Calls of services; missing: `usualCallsAMinute`. */
  readonly callsAMinute?: number;
}

/** The answer. The collector keeps only a hash of the token: it cannot be shown again. */
export interface NewToken {
  readonly token: string;
  /** RFC 3339, UTC, microseconds. */
  readonly expiresAt: string;
}

/** One of `GET /api/tokens`. */
export interface TokenSummary {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** RFC 3339, UTC, microseconds; `usedAt` to a minute, null before the first use. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly usedAt: string | null;
}

export const TOKEN_LIMITS = {
  maxNameCharacters: 128,
  maxDays: 366,
  maxPerUser: 64,
  usualCallsAMinute: 60,
  maxCallsAMinute: 6_000,
} as const;

/** Scopes for a person's own programs. */
export const TOKEN_SCOPES: readonly Exclude<TokenScope, "peer">[] = [
  "read",
  "search",
  "keep",
  "delete",
  "share",
  "run",
  "call",
];

/** `peer` is a joined collector's, which passes on what its users have signed. */
export const ALL_SCOPES: readonly TokenScope[] = [...TOKEN_SCOPES, "peer"];

/** Parses a request. `problem` is for the user. */
export function parseTokenRequest(value: unknown): TokenRequest | { readonly problem: string } {
  const { name, scopes, days: asked, callsAMinute: calls } = asRecord(value) ?? {};
  const { maxNameCharacters, maxDays, maxCallsAMinute } = TOKEN_LIMITS;
  if (typeof name !== "string" || name === "" || name.length > maxNameCharacters)
    return { problem: `name: expected a text of 1 to ${maxNameCharacters} characters` };
  const wanted = ALL_SCOPES.filter((scope) => Array.isArray(scopes) && scopes.includes(scope));
  if (!Array.isArray(scopes) || wanted.length === 0 || wanted.length !== scopes.length)
    return { problem: `scopes: expected a list of ${ALL_SCOPES.join(", ")}` };
  if (wanted.includes("peer") && wanted.length > 1) return { problem: "scopes: expected peer alone, or without it" };
  const days = asCount(asked, 1);
  if (days === undefined || days > maxDays) return { problem: `days: expected a whole number from 1 to ${maxDays}` };
  if (calls === undefined) return { name, scopes: wanted, days };
  const callsAMinute = asCount(calls, 1);
  if (callsAMinute === undefined || callsAMinute > maxCallsAMinute)
    return { problem: `callsAMinute: expected a whole number from 1 to ${maxCallsAMinute}` };
  return { name, scopes: wanted, days, callsAMinute };
}

/** Parses the answer. */
export function parseNewToken(value: unknown): NewToken | undefined {
  const { token, expiresAt } = asRecord(value) ?? {};
  return typeof token === "string" && typeof expiresAt === "string" ? { token, expiresAt } : undefined;
}

/** Parses the answer of `GET /api/tokens`; skips tokens that do not parse. */
export function parseTokenList(value: unknown): readonly TokenSummary[] | undefined {
  const tokens = asRecord(value)?.["tokens"];
  return Array.isArray(tokens) ? tokens.flatMap((each: unknown) => parseSummary(each) ?? []) : undefined;
}

function parseSummary(value: unknown): TokenSummary | undefined {
  const { id, name, scopes, createdAt, expiresAt, usedAt } = asRecord(value) ?? {};
  if (typeof id !== "string" || typeof name !== "string" || !Array.isArray(scopes)) return undefined;
  if (typeof createdAt !== "string" || typeof expiresAt !== "string") return undefined;
  const known = ALL_SCOPES.filter((scope) => scopes.includes(scope));
  return { id, name, scopes: known, createdAt, expiresAt, usedAt: typeof usedAt === "string" ? usedAt : null };
}
