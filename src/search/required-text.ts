import type { SearchRequest } from "../wire/search-request.ts";

/** Shorter texts are nearly everywhere: looking for them first costs more than it saves. */
const LEAST_BYTES = 4;

/**
 * Bytes without which no line can be in the answer; undefined if there are none. Only where that is certain: of a text as
 * it is, whose lines stand for themselves. Without regard to case there are none: `s` is also U+017F then.
 */
export function requiredText(request: SearchRequest): Buffer | undefined {
  const { pattern, regex, invert, before, after } = request;
  const isExact = request.case === "match" || (request.case === "smart" && /\p{Uppercase}/u.test(pattern));
  if (regex || invert || !isExact || before + after > 0) return undefined;
  const bytes = Buffer.from(pattern);
  return bytes.length < LEAST_BYTES ? undefined : bytes;
}
