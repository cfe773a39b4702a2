import type { Response } from "express";

/** Aborts when the client hangs up, and at the end of the answer. */
export function clientGone(response: Response): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.once("close", () => gone.abort());
  return gone.signal;
}
