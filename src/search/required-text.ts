import { gramsOf } from "../frame/gram-filter.ts";
import type { SearchRequest } from "../wire/search-request.ts";

/** Shorter texts occur nearly everywhere: looking for them first costs more than it saves. */
const LEAST_BYTES = 4;

/**
 * Bytes that every line in the answer contains; undefined unless that is certain: only for a plain,
 * case-sensitive text without context. If case is ignored, `s` also matches U+017F.
 */
export function requiredText(request: SearchRequest): Buffer | undefined {
  const bytes = Buffer.from(request.pattern);
  return standsAlone(request) && isExact(request) && bytes.length >= LEAST_BYTES ? bytes : undefined;
}

/** Grams that every line in the answer contains, even if case is ignored; empty if nothing is known. */
export function requiredGrams(request: SearchRequest): Uint32Array {
  if (!standsAlone(request)) return new Uint32Array(0);
  return gramsOf(Buffer.from(request.pattern), { ignoreCase: !isExact(request) });
}

function standsAlone({ regex, invert, before, after }: SearchRequest): boolean {
  return !regex && !invert && before + after === 0;
}

/** Whether the case of its pattern, a text, matters. */
export function isExact(request: SearchRequest): boolean {
  return request.case === "match" || (request.case === "smart" && /\p{Uppercase}/u.test(request.pattern));
}
