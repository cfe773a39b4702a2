import { inLocale } from "./texts/language.ts";

const grouped = inLocale((locale) => new Intl.NumberFormat(locale));
const decimalMark = inLocale((locale) => new Intl.NumberFormat(locale).format(0.5).charAt(1));

export function formatCount(count: number): string {
  return grouped().format(count);
}

/** Decimal units, three significant digits: "0 B", "999 B", "1.23 MB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 ? 0 : value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${fixed(value, digits)} ${units[unit] ?? ""}`;
}

/** "0.4 s", "12 s", "3 min 07 s", "2 h 05 min", "3 d 04 h". */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${fixed(seconds, 1)} s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(whole % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** A number with as many decimals, in the page's language. */
export function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace(".", decimalMark());
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
