import { parseDuration } from "../../text/time/duration.ts";
import { parseTime } from "../../text/time/time-of.ts";
import { UsageError } from "../../wire/usage-error.ts";

/** A time to come as people type it: `7d`, `2h30m`, `2026-12-24`. */
export function timeToCome(option: string, text: string, nowMs: number): number {
  const durationMs = parseDuration(text);
  const atMs = durationMs === undefined ? parseTime(text, nowMs) : nowMs + durationMs;
  if (atMs === undefined)
    throw new UsageError(`--${option}: ${JSON.stringify(text)} is no time: expected 7d, 12h, 2026-12-24`);
  if (atMs <= nowMs) throw new UsageError(`--${option}: ${JSON.stringify(text)} is in the past`);
  return atMs;
}

/** A time that has passed as people type it: `-2h` or `2h` ago, `14:05`, `yesterday 18:00`, `2026-11-28`. */
export function timePast(option: string, text: string, nowMs: number): number {
  const agoMs = parseDuration(text);
  const atMs = agoMs === undefined ? parseTime(text, nowMs) : nowMs - agoMs;
  if (atMs !== undefined) return atMs;
  const examples = "expected 2h, 14:05, yesterday 18:00, 2026-11-28";
  throw new UsageError(`--${option}: ${JSON.stringify(text)} is no time: ${examples}`);
}

/** In the time zone of the person: 2026-11-20 14:05:09. */
export function localTime(time: string): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}
