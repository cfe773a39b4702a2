/** RFC 3339 in UTC with microseconds, the spelling that mlrun writes. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/**
 * Formats a moment in that spelling. @param timeMs Unix time in milliseconds, within the years that the spelling has.
 */
export function asTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace("Z", "000Z");
}

/** The text itself if it is a time in that spelling. */
export function parseTime(text: unknown): string | undefined {
  return typeof text === "string" && TIME.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}
