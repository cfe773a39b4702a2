import { Router } from "express";
import type { Audit } from "../host/audit.ts";
import { asTime } from "../wire/time.ts";
import { type NewToken, parseTokenRequest, TOKEN_LIMITS } from "../wire/token.ts";
import { badRequest, HttpError } from "./http-error.ts";
import type { Sessions } from "./sessions.ts";
import type { ViewerOf } from "./viewers.ts";

export interface TokensApiOptions {
  readonly sessions: Pick<Sessions, "countTokens" | "createToken">;
  readonly viewerOf: ViewerOf;
  readonly audit: Audit;
  readonly wallMs: () => number;
}

const DAY_MS = 86_400_000;

/** `POST /api/tokens`: a token for a program of the signed-in user. A token makes no other. */
export function createTokensApi({ sessions, viewerOf, audit, wallMs }: TokensApiOptions): Router {
  const router = Router();
  router.post("/tokens", async (request, response) => {
    const { user, uid } = await viewerOf(request, "session");
    const asked = parseTokenRequest(request.body);
    if ("problem" in asked) throw badRequest(asked.problem);
    const { name, scopes, days } = asked;
    const made = { event: "token", user, address: request.ip, name, scopes } as const;
    const existing = sessions.countTokens(uid);
    if (existing >= TOKEN_LIMITS.maxPerUser) {
      audit.record({ ...made, outcome: "refused", reason: "too many" });
      const message = `Cannot make a token: ${existing} exist, limit is ${TOKEN_LIMITS.maxPerUser}. Sign out where you no longer need one, or everywhere`;
      throw new HttpError({ status: 429, code: "too_many", message });
    }
    const expiresMs = wallMs() + days * DAY_MS;
    const token = sessions.createToken(request, { name, scopes, expiresMs });
    audit.record({ ...made, outcome: "ok", days });
    response.status(201).json({ token, expiresAt: asTime(expiresMs) } satisfies NewToken);
  });
  return router;
}
