import { setTimeout as delay } from "node:timers/promises";

const INTERVAL_MS = 10;

/**
 * Asks until the answer is neither undefined nor false, and returns it. Throws after `withinMs`, naming what was
 * waited for. For what cannot tell by itself that it is ready; prefer an event where there is one.
 */
export async function poll<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 15_000,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadlineMs) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await delay(INTERVAL_MS);
  }
}
