/** RFC 3339 in UTC with microseconds, the one spelling that mlrun writes. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** A moment in that spelling. @param timeMs Unix time in milliseconds, within the years that the spelling has. */
export function asTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace("Z", "000Z");
}

/** The text itself when it is a time in that spelling. */
export function parseTime(text: unknown): string | undefined {
  return typeof text === "string" && TIME.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}
