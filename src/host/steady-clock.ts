/**
 * A clock for how long ago something was: it says the time of day at its making, and from then on goes as fast as time
 * does, whatever is done to the machine's clock. Whole milliseconds since 1970.
 *
 * With the machine's own clock a jump ahead would make every running execution lost, and one back would stop all that
 * happens every so often until the old time has come again.
 */
export function createSteadyClock(
  wallMs: () => number = Date.now,
  monotonicMs: () => number = () => performance.now(),
): () => number {
  const offsetMs = wallMs() - monotonicMs();
  return () => Math.floor(offsetMs + monotonicMs());
}
