import { setTimeout as delay } from "node:timers/promises";

const INTERVAL_MS = 10;
/**
 * Ends only a test that hangs. A working one takes milliseconds, and the start of a collector seconds; on a machine
 * with fifteen programs for each processor both take ten times as long.
 */
export const PATIENCE_MS = 30_000;
/** Patience for a demo's start: a collector, and four nodes with relay and agent. */
export const DEMO_PATIENCE_MS = 100_000;

/**
 * Asks until the answer is neither undefined nor false, and returns it. Throws after `withinMs`, with the name of the
 * missing event. Prefer an event where there is one.
 */
export async function poll<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = PATIENCE_MS,
): Promise<T> {
  // Steady: the machine's clock may be set meanwhile.
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadlineMs) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await delay(INTERVAL_MS);
  }
}
