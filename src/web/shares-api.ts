import { Router } from "express";
import type { Audit } from "../host/audit.ts";
import { parseShareRequest, type Share } from "../wire/share.ts";
import { badRequest, HttpError, notFound } from "./http-error.ts";
import type { Shares } from "./ports.ts";
import type { ViewerOf } from "./viewers.ts";

interface SharesApiOptions {
  readonly shares: Shares;
  readonly viewerOf: ViewerOf;
  readonly audit: Audit;
}

const RETRY_AFTER_SECONDS = 5;

/** `GET`, `POST`, `DELETE /api/shares`: shares of users with others. */
export function createSharesApi({ shares, viewerOf, audit }: SharesApiOptions): Router {
  const router = Router();

  router.get("/shares", async (request, response) => {
    response.json(await shares.list(await viewerOf(request, "read")));
  });

  router.post("/shares", async (request, response) => {
    const viewer = await viewerOf(request, "share");
    const asked = parseShareRequest(request.body);
    if ("problem" in asked) throw badRequest(asked.problem);
    const outcome = await shares.share(viewer, asked);
    if (outcome.is === "shared") {
      audit.record({
        event: "share",
        outcome: "ok",
        user: viewer.user,
        address: request.ip,
        ...wordsOf(outcome.share),
      });
      response.status(201).json(outcome.share);
      return;
    }
    if (outcome.is === "missing") throw notFound("execution or job of yours");
    const { message } = outcome;
    if (outcome.is === "refused") throw badRequest(message);
    if (outcome.is === "full") throw new HttpError({ status: 429, code: "too_many", message });
    const retryAfterSeconds = RETRY_AFTER_SECONDS;
    throw new HttpError({ status: 503, code: "unavailable", message, retryAfterSeconds });
  });

  router.delete("/shares/:id", async (request, response) => {
    const viewer = await viewerOf(request, "share");
    const share = shares.unshare(viewer, request.params.id);
    if (share === undefined) throw notFound("share");
    audit.record({ event: "share", outcome: "ended", user: viewer.user, address: request.ip, ...wordsOf(share) });
    response.status(204).end();
  });

  return router;
}

function wordsOf({ what, with: to, until }: Share): Record<string, string> {
  const thing = "x" in what ? { x: what.x, ...(what.node === undefined ? {} : { node: what.node }) } : what;
  const { job, run, x, node } = { job: undefined, run: undefined, x: undefined, node: undefined, ...thing };
  const said = { job, run, x, node, with: "user" in to ? `user ${to.user}` : `group ${to.group}`, until };
  return Object.fromEntries(
    Object.entries(said).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
