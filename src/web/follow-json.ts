import { once } from "node:events";
import type { Response } from "express";

/**
 * Sends lines of JSON, each a state of one of `all`, as fast as the client takes them: a slow one skips states. Stops at
 * `ended`.
 */
export async function followJson(
  response: Response,
  ended: AbortSignal,
  all: (signal: AbortSignal) => readonly AsyncIterable<string>[],
): Promise<void> {
  let drained: Promise<unknown> | undefined;
  const write = async (states: AsyncIterable<string>): Promise<void> => {
    for await (const state of states) {
      if (response.write(`${state}\n`)) continue;
      drained ??= once(response, "drain", { signal: ended }).finally(() => {
        drained = undefined;
      });
      await drained;
    }
  };
  beginLines(response);
  try {
    await Promise.all(all(ended).map(write));
  } catch (error) {
    // The client has gone, or may see no more.
    if (!ended.aborted) throw error;
  }
  response.end();
}

/** Begins an answer of JSON lines. */
export function beginLines(response: Response): void {
  // A proxy must not wait for the end (nginx, "proxy_buffering").
  response.set({ "Content-Type": "application/x-ndjson; charset=utf-8", "X-Accel-Buffering": "no" });
}
