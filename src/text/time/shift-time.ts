/** An RFC 3339 time in UTC with microseconds, moved `ms` milliseconds later. */
export function shiftTime(time: string, ms: number): string {
  const atMs = ms === 0 ? Number.NaN : Date.parse(`${time.slice(0, 23)}Z`);
  // Keeps the digits below a millisecond.
  return Number.isNaN(atMs) ? time : new Date(atMs + ms).toISOString().slice(0, 23) + time.slice(23);
}
