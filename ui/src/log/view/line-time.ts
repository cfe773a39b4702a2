import { twoDigits } from "../../format.ts";
import type { TimeMode } from "../../url-state.ts";
import { dayOf, dayWords, zoneWords } from "./day-of.ts";

const MINUTE_CHARACTERS = 16;

/** Offsets of recent minutes: at most a day's worth, then the cache restarts. */
const MAX_CACHED_MINUTES = 1_440;

/**
 * Formats the times of lines. Thousands of lines share a minute, so the local time is computed
 * once a minute (zone offsets change on whole minutes) and the seconds are copied.
 */
export class LineTime {
  readonly #mode: TimeMode;
  readonly #startedAtMs: number;
  readonly #localMinutes = new Map<string, string>();
  /** Cached because each draw needs it. */
  #dated = { minute: "", words: "" };

  constructor(mode: TimeMode, startedAt: string) {
    this.#mode = mode;
    this.#startedAtMs = Date.parse(startedAt);
  }

  /** `time` as on the wire: RFC 3339, UTC, microseconds. */
  format(time: string): string {
    if (this.#mode === "off") return "";
    const millis = time.slice(MINUTE_CHARACTERS, 23);
    if (this.#mode === "utc") return time.slice(11, MINUTE_CHARACTERS) + millis;
    if (this.#mode === "relative") return relative(Date.parse(time) - this.#startedAtMs);
    return this.#localMinute(time) + millis;
  }

  /** A time to the second, even if lines show no times: then in UTC. */
  clock(time: string): string {
    return this.format(time).slice(0, -".123".length) || time.slice(11, 19);
  }

  /** The day of a time, in words, if it differs from that of the time before. */
  newDay(before: string, time: string): string | undefined {
    if (before === "" || time === "" || dayOf(before, this.#mode) === dayOf(time, this.#mode)) return undefined;
    return dayWords(time, this.#mode);
  }

  /** "Sat, 28 Nov 2026, CET". */
  dateAndZone(time: string): string {
    const minute = time.slice(0, MINUTE_CHARACTERS);
    if (time === "" || minute === this.#dated.minute) return time === "" ? "" : this.#dated.words;
    this.#dated = { minute, words: `${dayWords(time, this.#mode)}, ${zoneWords(time, this.#mode)}` };
    return this.#dated.words;
  }

  #localMinute(time: string): string {
    const key = time.slice(0, MINUTE_CHARACTERS);
    const known = this.#localMinutes.get(key);
    if (known !== undefined) return known;
    const date = new Date(time);
    const minute = `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
    if (this.#localMinutes.size >= MAX_CACHED_MINUTES) this.#localMinutes.clear();
    this.#localMinutes.set(key, minute);
    return minute;
  }
}

/** `+0.123`, `+1:02.003`, `+26:00:07.000`. */
function relative(ms: number): string {
  const sign = ms < 0 ? "-" : "+";
  const whole = Math.abs(ms);
  const seconds = Math.floor(whole / 1000);
  const rest = `${String(whole % 1000).padStart(3, "0")}`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `${sign}${hours}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}.${rest}`;
  if (minutes > 0) return `${sign}${minutes}:${twoDigits(seconds % 60)}.${rest}`;
  return `${sign}${seconds}.${rest}`;
}
