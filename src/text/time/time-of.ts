import { parseDuration } from "./duration.ts";

/** First three letters of each month, in English and Spanish. */
const MONTHS = ["jan ene", "feb", "mar", "apr abr", "may", "jun", "jul", "aug ago", "sep", "oct", "nov", "dec dic"].map(
  (names) => names.split(" "),
);
const CLOCK = String.raw`(\d{1,2}):(\d\d)(?::(\d\d))?`;
const DAY_MS = 86_400_000;

/**
 * A moment as people type it, in the local time zone unless the text names one: `-10m`, `14:05` (its last occurrence),
 * `yesterday 18:00`, `Nov 28 18:00` (its last occurrence), `2026-11-28`, `2026-11-28 18:00:30`, ISO 8601 with a zone,
 * `now`. Months are English or Spanish, in full or abbreviated, with or without a full stop: `ago. 3 9:15`.
 *
 * @param nowMs Unix time in milliseconds.
 * @returns Unix time in milliseconds, or undefined if it is not a time.
 */
export function parseTime(text: string, nowMs: number): number | undefined {
  const asked = text.trim().toLowerCase();
  if (asked === "now") return nowMs;
  if (asked.startsWith("-")) {
    const durationMs = parseDuration(asked.slice(1));
    return durationMs === undefined ? undefined : nowMs - durationMs;
  }
  return clockTime(asked, nowMs) ?? monthDay(asked, nowMs) ?? fullDate(asked);
}

function clockTime(asked: string, nowMs: number): number | undefined {
  const match = new RegExp(`^(?:(today|yesterday) ?)?(?:${CLOCK})?$`).exec(asked);
  const [, day, hours, minutes = "0", seconds = "0"] = match ?? [];
  if (match === null || (day === undefined && hours === undefined)) return undefined;
  const now = new Date(nowMs);
  const at = localTime([now.getFullYear(), now.getMonth(), now.getDate()], [hours ?? "0", minutes, seconds]);
  if (at === undefined) return undefined;
  const isEarlier = day === "yesterday" || (day === undefined && at > nowMs);
  return isEarlier ? new Date(at).setDate(now.getDate() - 1) : at;
}

function monthDay(asked: string, nowMs: number): number | undefined {
  const match = new RegExp(`^([a-z]{3})[a-z]*\\.? (\\d{1,2})(?:,? ${CLOCK})?$`).exec(asked);
  const [, name = "", day = "", hours = "0", minutes = "0", seconds = "0"] = match ?? [];
  const month = MONTHS.findIndex((names) => names.includes(name));
  if (month < 0) return undefined;
  const year = new Date(nowMs).getFullYear();
  const at = localTime([year, month, Number(day)], [hours, minutes, seconds]);
  // Accepts up to a day in the future: some clock may be fast.
  return at !== undefined && at > nowMs + DAY_MS
    ? localTime([year - 1, month, Number(day)], [hours, minutes, seconds])
    : at;
}

function fullDate(asked: string): number | undefined {
  const zoned = /^\d{4}-\d\d-\d\dt\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:\d\d)$/.test(asked);
  if (zoned) return Date.parse(asked.toUpperCase()) || undefined;
  const match = new RegExp(`^(\\d{4})-(\\d\\d)-(\\d\\d)(?:[t ]${CLOCK})?$`).exec(asked);
  const [, year, month, day, hours = "0", minutes = "0", seconds = "0"] = match ?? [];
  if (match === null) return undefined;
  return localTime([Number(year), Number(month) - 1, Number(day)], [hours, minutes, seconds]);
}

/** Undefined if the calendar or the clock has no such moment. */
function localTime(
  [year, month, day]: readonly [number, number, number],
  clock: readonly [string, string, string],
): number | undefined {
  const [hours, minutes, seconds] = [Number(clock[0]), Number(clock[1]), Number(clock[2])];
  const date = new Date(year, month, day, hours, minutes, seconds);
  const exists = date.getMonth() === month && date.getDate() === day && hours < 24 && minutes < 60 && seconds < 60;
  return exists ? date.getTime() : undefined;
}
