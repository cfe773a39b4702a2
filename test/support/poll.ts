import { setTimeout as delay } from "node:timers/promises";

const INTERVAL_MS = 10;
/** Ends what hangs, on a machine that is four times as busy as ours in CI; what works takes milliseconds. */
export const PATIENCE_MS = 8_000;
/** The same where a whole site starts, with a collector, relays and programs: that alone takes seconds. */
export const SITE_PATIENCE_MS = 30_000;

/**
 * Asks until the answer is neither undefined nor false, and returns it. Throws after `withinMs`, naming what was
 * waited for. For what cannot tell by itself that it is ready; prefer an event where there is one.
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
