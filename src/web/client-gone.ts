import type { Response } from "express";

/** Aborts when the client hangs up, and at the end of the answer. */
export function clientGone(response: Response): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.once("close", () => gone.abort());
  return gone.signal;
}

/** Whether a stream to a client broke off because the client has gone: there is no one left to answer. */
export function isClientGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}
