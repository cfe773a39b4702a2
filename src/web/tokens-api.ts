import { Router } from "express";
import type { Audit } from "../host/audit.ts";
import { asTime } from "../wire/time.ts";
import { type NewToken, parseTokenRequest, TOKEN_LIMITS, type TokenSummary } from "../wire/token.ts";
import { badRequest, HttpError, notFound } from "./http-error.ts";
import type { Sessions } from "./sessions.ts";
import type { ViewerOf } from "./viewers.ts";

interface TokensApiOptions {
  readonly sessions: Pick<Sessions, "tokens" | "end">;
  readonly viewerOf: ViewerOf;
  readonly audit: Audit;
  readonly wallMs: () => number;
}

const DAY_MS = 86_400_000;

/**
 * `GET`, `POST`, `DELETE /api/tokens`: tokens for programs of the signed-in user. A token makes and ends no other.
 */
export function createTokensApi({ sessions, viewerOf, audit, wallMs }: TokensApiOptions): Router {
  const router = Router();
  router.post("/tokens", async (request, response) => {
    const { user, uid, admin } = await viewerOf(request, "session");
    const asked = parseTokenRequest(request.body);
    if ("problem" in asked) throw badRequest(asked.problem);
    const { name, scopes, days, callsAMinute } = asked;
    const made = { event: "token", user, address: request.ip, name, scopes, callsAMinute } as const;
    if (scopes.includes("peer") && !admin) {
      audit.record({ ...made, outcome: "refused", reason: "admin" });
      const message = "Only a member of admin-group makes a token of scope peer: it passes on what others have signed";
      throw new HttpError({ status: 403, code: "forbidden", message });
    }
    const existing = sessions.tokens.count(uid);
    if (existing >= TOKEN_LIMITS.maxPerUser) {
      audit.record({ ...made, outcome: "refused", reason: "too many" });
      const message = `Cannot make a token: ${existing} exist, limit is ${TOKEN_LIMITS.maxPerUser}. Sign out where you no longer need one, or everywhere`;
      throw new HttpError({ status: 429, code: "too_many", message });
    }
    const expiresMs = wallMs() + days * DAY_MS;
    const token = sessions.tokens.create(request, { name, scopes, expiresMs, callsAMinute });
    audit.record({ ...made, outcome: "ok", days });
    response.status(201).json({ token, expiresAt: asTime(expiresMs) } satisfies NewToken);
  });

  router.get("/tokens", async (request, response) => {
    const { uid } = await viewerOf(request, "read");
    const tokens = sessions.tokens.list(uid).map(({ hash: _, ...shown }): TokenSummary => shown);
    response.json({ tokens });
  });

  router.delete("/tokens/:id", async (request, response) => {
    const { user, uid } = await viewerOf(request, "session");
    const token = sessions.tokens.list(uid).find(({ id }) => id === request.params.id);
    if (token === undefined) throw notFound("token");
    sessions.end([token]);
    audit.record({ event: "token", outcome: "ended", user, address: request.ip, name: token.name });
    response.status(204).end();
  });

  return router;
}
