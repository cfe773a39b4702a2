import { gramsOf } from "../frame/gram-filter.ts";
import type { SearchRequest } from "../wire/search-request.ts";

/** Shorter texts are nearly everywhere: looking for them first costs more than it saves. */
const LEAST_BYTES = 4;

/**
 * Bytes without which no line can be in the answer; undefined if there are none. Only where that is certain: of a text as
 * it is, whose lines stand for themselves. Without regard to case there are none: `s` is also U+017F then.
 */
export function requiredText(request: SearchRequest): Buffer | undefined {
  const bytes = Buffer.from(request.pattern);
  return standsAlone(request) && isExact(request) && bytes.length >= LEAST_BYTES ? bytes : undefined;
}

/** Grams without which no line can be in the answer, also without regard to case; none: nothing is known. */
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
