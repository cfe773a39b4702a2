import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { MetricsConfig } from "./config.ts";

/** Shorter tokens could be guessed. */
const MIN_TOKEN_CHARACTERS = 16;
const MAX_TOKEN_CHARACTERS = 4_096;

/**
 * Reads a scraper's token from the configured file; undefined if none is configured. Throws if the file cannot be read
 * or does not hold a token: characters that a header can carry, without spaces.
 */
export function readMetricsToken({ tokenFile }: MetricsConfig): string | undefined {
  if (tokenFile === undefined) return undefined;
  const token = readFileSync(tokenFile, "latin1").trim();
  const isToken = /^[\x21-\x7e]+$/.test(token) && token.length <= MAX_TOKEN_CHARACTERS;
  if (isToken && token.length >= MIN_TOKEN_CHARACTERS) return token;
  const next = `\`openssl rand -hex 32 > ${tokenFile}\` makes one`;
  throw new Error(`Cannot use metrics-token-file: expected ${MIN_TOKEN_CHARACTERS} characters or more; ${next}`);
}

/** Whether a request's `Authorization` header carries the token (RFC 6750, section 2.1). */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const shown = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? "")?.[1];
  return shown !== undefined && timingSafeEqual(digestOf(shown), digestOf(token));
}

/** Hashes, because timingSafeEqual needs equal lengths. */
function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
