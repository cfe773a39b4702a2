import { twoDigits } from "../../format.ts";
import { inLocale } from "../../texts/language.ts";
import type { TimeMode } from "../../url-state.ts";

const DAY = { weekday: "short", day: "numeric", month: "short", year: "numeric" } as const;
const days = inLocale((locale) => new Intl.DateTimeFormat(locale, DAY));
const utcDays = inLocale((locale) => new Intl.DateTimeFormat(locale, { ...DAY, timeZone: "UTC" }));
const zone = inLocale((locale) => new Intl.DateTimeFormat(locale, { timeZoneName: "short" }));

/** Minutes whose day is remembered: at most a day's worth, then the cache restarts. */
const MAX_CACHED_MINUTES = 1_440;
const MINUTE_CHARACTERS = 16;
const localDays = new Map<string, string>();

/** The day of a line's time, as a key: `2026-11-28`. In UTC if times are shown so, else in the reader's zone. */
export function dayOf(time: string, mode: TimeMode): string {
  if (mode === "utc") return time.slice(0, 10);
  const minute = time.slice(0, MINUTE_CHARACTERS);
  const known = localDays.get(minute);
  if (known !== undefined) return known;
  const date = new Date(time);
  const day = `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  if (localDays.size >= MAX_CACHED_MINUTES) localDays.clear();
  localDays.set(minute, day);
  return day;
}

/** "Sat, 28 Nov 2026" if the page is in British English; empty for an invalid time. */
export function dayWords(time: string, mode: TimeMode): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : (mode === "utc" ? utcDays() : days()).format(date);
}

/** "CET", "GMT+1", "UTC": the zone's name in the page's language and region. */
export function zoneWords(time: string, mode: TimeMode): string {
  if (mode === "utc") return "UTC";
  return (
    zone()
      .formatToParts(new Date(time))
      .find(({ type }) => type === "timeZoneName")?.value ?? ""
  );
}
