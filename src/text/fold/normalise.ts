/** Differences that two equal lines may have. */
export interface Ignored {
  readonly times?: boolean;
  readonly numbers?: boolean;
  readonly addresses?: boolean;
}

/** ISO 8601 and syslog dates, times of day with fractions and zones. */
const TIMES =
  /\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}(?: \d\d:\d\d:\d\d)?|\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b/g;
/** IPv4 with or without port, IPv6 of at least three groups, MAC addresses, pointers, UUIDs and long hexadecimal ids. */
const ADDRESSES =
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|(?<![\w:])(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?![\w:])|\b0x[\da-f]+\b|\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b|\b(?=[\da-f]*\d)[\da-f]{12,}\b/gi;
const NUMBERS = /(?<![A-Za-z_])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi;

/** The line with placeholders for the ignored parts, so that equal lines have equal texts. */
export function normalise(text: string, ignored: Ignored): string {
  let normal = text;
  if (ignored.times) normal = normal.replace(TIMES, "<time>");
  if (ignored.addresses) normal = normal.replace(ADDRESSES, "<address>");
  if (ignored.numbers) normal = normal.replace(NUMBERS, "<number>");
  return normal;
}
