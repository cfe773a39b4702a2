/**
 * A clock for elapsed time: it starts at the time of day, then runs at a constant rate, whatever happens to the
 * machine's clock. Whole milliseconds since 1970.
 *
 * On the machine's own clock, a jump ahead would mark every running execution lost, and a jump back would stop all
 * periodic work until the old time is reached again.
 */
export function createSteadyClock(
  wallMs: () => number = Date.now,
  monotonicMs: () => number = () => performance.now(),
): () => number {
  const offsetMs = wallMs() - monotonicMs();
  return () => Math.floor(offsetMs + monotonicMs());
}
