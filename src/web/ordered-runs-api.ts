import { type Request, type Response, Router } from "express";
import type { Audit } from "../host/audit.ts";
import { parseExecutionId } from "../wire/ids.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import type { Viewer } from "../wire/viewer.ts";
import { followJson } from "./follow-json.ts";
import { badRequest, notFound } from "./http-error.ts";
import type { OpenWhile } from "./open-while.ts";
import type { Fleet } from "./ports.ts";
import { Query } from "./query.ts";
import { UserPlaces } from "./user-places.ts";
import { UserTurns } from "./user-turns.ts";
import type { ViewerOf } from "./viewers.ts";

interface OrderedRunsApiOptions {
  readonly fleet: Pick<Fleet, "run" | "runs" | "follow">;
  readonly viewerOf: ViewerOf;
  readonly openWhile: OpenWhile;
  readonly audit: Audit;
}

const DEFAULT_RUNS = 50;
const MAX_RUNS = 500;
const MAX_WAITING = 64;
/** Follows of one user at a time: `mlctl bot` has 32. */
const MAX_FOLLOWING = 64;
/** Runs in one answer. */
const MAX_FOLLOWED_RUNS = 64;
const RUN_CHARACTERS = 26;
/** Sorts after every run. */
const AFTER_ALL = "~";

/** States of users' orders: `GET /api/runs/:run` (`?follow=1`), `GET /api/orders` (`?run=RUN`, `?follow=RUN,RUN`). */
export function createOrderedRunsApi({ fleet, viewerOf, openWhile, audit }: OrderedRunsApiOptions): Router {
  const router = Router();
  const pages = new UserTurns({ what: "lists of runs", maxWaiting: MAX_WAITING });
  const following = new UserPlaces({ what: "follow a run", most: MAX_FOLLOWING, retryAfterSeconds: 5 });

  router.get("/runs/:run", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const run = parseExecutionId(request.params.run);
    const query = new Query(request.query);
    const owner = ownerOf(viewer, query);
    const view = run === undefined ? undefined : await fleet.run(owner, run);
    if (run === undefined || view === undefined) throw notFound("run");
    if (owner !== viewer.user) recordRead(viewer, owner, request);
    if (query.text("follow", 1) === undefined) response.json(view);
    else await follow(request, response, { viewer, owner, runs: [run] });
  });

  router.get("/orders", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const query = new Query(request.query);
    const owner = ownerOf(viewer, query);
    if (owner !== viewer.user) recordRead(viewer, owner, request);
    const followed = followedRuns(query);
    if (followed.length > 0) {
      await follow(request, response, { viewer, owner, runs: followed });
      return;
    }
    const run = query.word("run", "the id of a run", parseExecutionId);
    if (run !== undefined) {
      const view = await fleet.run(owner, run);
      response.json({ runs: view === undefined ? [] : [view], next: null });
      return;
    }
    const limit = query.count("limit", { least: 1, most: MAX_RUNS, fallback: DEFAULT_RUNS });
    const page = { before: query.text("before", 26) ?? AFTER_ALL, limit };
    const work = async () => void response.json(await fleet.runs(owner, page));
    await pages.run(viewer.uid, { isWanted: () => !response.closed, work });
  });

  /** Follows runs. Takes one place of the user's, however many runs there are. */
  function follow(
    request: Request,
    response: Response,
    { viewer, owner, runs }: { readonly viewer: Viewer; readonly owner: string; readonly runs: readonly string[] },
  ): Promise<void> {
    const each = (signal: AbortSignal) => runs.map((run) => fleet.follow(owner, run, signal));
    return following.hold(viewer.uid, () => followJson(response, openWhile(request, response, viewer), each));
  }

  function recordRead({ user }: Viewer, owner: string, request: Request): void {
    audit.record({ event: "admin-read", outcome: "ok", user, owner, address: request.ip, what: "orders" });
  }

  return router;
}

/**
 * Parses `?follow=RUN,RUN`. Browsers open six connections to a collector: one for each run of a list would take them
 * all.
 */
function followedRuns(query: Query): readonly string[] {
  const names = query.text("follow", MAX_FOLLOWED_RUNS * (RUN_CHARACTERS + 1))?.split(",") ?? [];
  const runs = names.flatMap((name) => parseExecutionId(name) ?? []);
  if (runs.length < names.length || runs.length > MAX_FOLLOWED_RUNS)
    throw badRequest(`follow: expected up to ${MAX_FOLLOWED_RUNS} runs with commas between`);
  return [...new Set(runs)];
}

/** The owner that a query names: only an administrator may name another. */
function ownerOf({ user, admin }: Viewer, query: Query): string {
  const owner = query.text("owner", WIRE_LIMITS.maxOwnerCharacters) ?? user;
  return admin ? owner : user;
}
