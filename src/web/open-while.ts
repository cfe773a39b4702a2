import type { Request, Response } from "express";
import type { Viewer } from "../wire/viewer.ts";
import type { EndWithAdmin } from "./admin-watch.ts";
import type { Sessions } from "./sessions.ts";

/**
 * Signal for a long-lived answer. Aborts when the client hangs up, when the answer ends, and, as for a WebSocket, when
 * the request's session or token ends or an administrator loses that right.
 */
export type OpenWhile = (request: Request, response: Response, viewer: Viewer) => AbortSignal;

export function createOpenWhile(options: {
  readonly sessions: Pick<Sessions, "of" | "held">;
  readonly endWithAdmin: EndWithAdmin;
}): OpenWhile {
  const { sessions, endWithAdmin } = options;
  return (request, response, { admin }) => {
    const ended = new AbortController();
    const endSession = (): void => ended.abort();
    const session = sessions.of(request);
    // The session may have ended since the viewer was determined.
    if (session === undefined || response.destroyed) {
      endSession();
      return ended.signal;
    }
    const closed = new Promise<void>((resolve) => response.once("close", resolve));
    void closed.then(endSession);
    sessions.held.hold(session.hash, { endSession, closed });
    if (admin) endWithAdmin(session.owner, { endSession, closed });
    return ended.signal;
  };
}
