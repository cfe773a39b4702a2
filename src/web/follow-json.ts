import { once } from "node:events";
import type { Response } from "express";
import { clientGone } from "./client-gone.ts";

/** Lines of JSON, each a state, as fast as the client takes them: one that is slow skips states. */
export async function followJson(
  response: Response,
  of: (signal: AbortSignal) => AsyncIterable<string>,
): Promise<void> {
  const gone = clientGone(response);
  beginLines(response);
  try {
    for await (const state of of(gone)) {
      if (!response.write(`${state}\n`)) await once(response, "drain", { signal: gone });
    }
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
