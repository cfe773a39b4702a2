import { once } from "node:events";
import type { Response } from "express";
import { clientGone } from "./client-gone.ts";

/** Lines of JSON, each a state of one of `all`, as fast as the client takes them: one that is slow skips states. */
export async function followJson(
  response: Response,
  all: (signal: AbortSignal) => readonly AsyncIterable<string>[],
): Promise<void> {
  const gone = clientGone(response);
  let drained: Promise<unknown> | undefined;
  const write = async (states: AsyncIterable<string>): Promise<void> => {
    for await (const state of states) {
      if (response.write(`${state}\n`)) continue;
      drained ??= once(response, "drain", { signal: gone }).finally(() => {
        drained = undefined;
      });
      await drained;
    }
  };
  beginLines(response);
  try {
    await Promise.all(all(gone).map(write));
  } catch (error) {
    // The client has gone: there is no one left to answer.
    if (!gone.aborted) throw error;
  }
  response.end();
}

/** Lines of JSON follow. */
export function beginLines(response: Response): void {
  // A proxy must not wait for the end (nginx, "proxy_buffering").
  response.set({ "Content-Type": "application/x-ndjson; charset=utf-8", "X-Accel-Buffering": "no" });
}
