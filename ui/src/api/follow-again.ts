import type { Answer } from "./json-client.ts";

/** Wait after an answer that ended, was cut off, or came from a collector that is temporarily unable. */
const AGAIN_AFTER_MS = 1_000;
const SECOND_MS = 1_000;
const TOO_MANY = 429;

/**
 * How long to wait before following again; undefined if it would be refused again, as without a session or a fleet.
 */
export function followAgainMs(answer: Answer<true>): number | undefined {
  if (answer.ok) return AGAIN_AFTER_MS;
  const { status, retryAfterSeconds = 0 } = answer;
  if (status >= 400 && status < 500 && status !== TOO_MANY) return undefined;
  return Math.max(AGAIN_AFTER_MS, retryAfterSeconds * SECOND_MS);
}
