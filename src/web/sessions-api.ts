import { Router } from "express";
import type { Audit } from "../host/audit.ts";
import { notFound } from "./http-error.ts";
import type { Sessions } from "./sessions.ts";
import type { ViewerOf } from "./viewers.ts";

interface SessionsApiOptions {
  readonly sessions: Pick<Sessions, "browsers" | "end">;
  readonly viewerOf: ViewerOf;
  readonly audit: Audit;
}

/** `GET /api/sessions`, `DELETE /api/sessions/:id`: the browsers in which a user is signed in. Not for tokens. */
export function createSessionsApi({ sessions, viewerOf, audit }: SessionsApiOptions): Router {
  const router = Router();
  router.get("/sessions", async (request, response) => {
    const { uid } = await viewerOf(request, "session");
    response.json({ sessions: sessions.browsers(uid, request).map(({ hash: _, ...shown }) => shown) });
  });

  router.delete("/sessions/:id", async (request, response) => {
    const { user, uid } = await viewerOf(request, "session");
    const session = sessions.browsers(uid, request).find(({ id }) => id === request.params.id);
    if (session === undefined) throw notFound("session");
    sessions.end([session]);
    audit.record({ event: "logout", outcome: "ok", user, address: request.ip, reason: `session ${session.address}` });
    response.status(204).end();
  });

  return router;
}
