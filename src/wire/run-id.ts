import { WIRE_LIMITS } from "./limits.ts";

/** The rule of `parseRunId`; completes the sentence "expected ...". */
export const RUN_ID_RULE = `1 to ${WIRE_LIMITS.maxRunCharacters} letters, digits and . _ : @ + = , / [ ] -, the first a letter or digit`;

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._:@+=,/[\]-]*$/;

/** The text itself if it may name a run: schedulers' ids can, and nothing in it drives a terminal or ends a field. */
export function parseRunId(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length > WIRE_LIMITS.maxRunCharacters) return undefined;
  return RUN_ID.test(text) ? text : undefined;
}
