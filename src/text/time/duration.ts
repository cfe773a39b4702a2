const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const LONGEST_MS = 100 * 365 * 86_400_000;
const PART = /(\d+(?:\.\d+)?)\s*(ms|[smhdw])?\s*/gy;

/**
 * A duration as people type it: `90`, `90s`, `1h30m`, `2 d`, `1.5h`. A number without a unit is seconds.
 *
 * @returns milliseconds, or undefined for anything else, including more than 100 years.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  let totalMs = 0;
  let at = 0;
  PART.lastIndex = 0;
  for (const [part, number = "", unit = "s"] of trimmed.matchAll(PART)) {
    totalMs += Number(number) * (UNITS_MS[unit] ?? 0);
    at += part.length;
  }
  return at === trimmed.length && at > 0 && totalMs <= LONGEST_MS ? totalMs : undefined;
}

/** The two largest units that matter: `850 ms`, `12 s`, `3 m 20 s`, `2 d 4 h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  const seconds = Math.floor(durationMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} m`;
  return `${minutes} m ${seconds % 60} s`;
}
