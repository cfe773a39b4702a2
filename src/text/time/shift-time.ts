/** A time of RFC 3339 in UTC with microseconds, this many milliseconds later. */
export function shiftTime(time: string, ms: number): string {
  const atMs = ms === 0 ? Number.NaN : Date.parse(`${time.slice(0, 23)}Z`);
  // The microseconds stay as they are: only their milliseconds move.
  return Number.isNaN(atMs) ? time : new Date(atMs + ms).toISOString().slice(0, 23) + time.slice(23);
}
