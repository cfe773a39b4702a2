import { setTimeout as delay } from "node:timers/promises";

const ASK_EVERY_MS = 1;

/** Polls every millisecond: timed code must not wait for a slower poll. */
export async function until(what: string, isSo: () => boolean, withinMs = 120_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await delay(ASK_EVERY_MS);
  }
}
