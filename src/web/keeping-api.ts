import { once } from "node:events";
import { type Request, type Response, Router } from "express";
import {
  type HoldRequest,
  type KeptScope,
  type PruneEvent,
  parseHoldRequest,
  parsePruneRequest,
  USAGE_KEYS,
} from "../wire/keeping.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { RecordRead } from "./admin-reads.ts";
import { badRequest, HttpError, notFound } from "./http-error.ts";
import type { HeldThing, Keeping } from "./keeping-port.ts";
import type { Archive } from "./ports.ts";
import { Query } from "./query.ts";
import { UserTurns } from "./user-turns.ts";
import type { ViewerOf } from "./viewers.ts";

interface KeepingApiOptions {
  readonly archive: Archive;
  readonly keeping: Keeping;
  readonly viewerOf: ViewerOf;
  readonly recordRead: RecordRead;
}

/** Requests of one user that wait: each walks through all executions of its user. */
const MAX_WAITING = 8;

/** Holds, deletion by age, and figures of what takes space. */
export function createKeepingApi({ archive, keeping, viewerOf, recordRead }: KeepingApiOptions): Router {
  const router = Router();
  const turns = new UserTurns({ what: "requests about retention", maxWaiting: MAX_WAITING });

  function inTurn<T>(viewer: Viewer, response: Response, work: () => Promise<T>): Promise<T | undefined> {
    return turns.run(viewer.uid, { isWanted: () => !response.closed, work });
  }

  /** Finds what a request names: it must exist, and belong to the viewer; for an administrator, to anybody. */
  async function find(viewer: Viewer, what: KeptScope): Promise<HeldThing> {
    if ("x" in what) {
      const execution = await archive.get(viewer, what);
      if (execution === undefined || !isTheirs(viewer, execution.owner)) throw notFound();
      const { owner, x, node } = execution;
      return { owner, x, node };
    }
    const { job, run, owner = viewer.user } = what;
    if (!isTheirs(viewer, owner)) throw notFound("job");
    const { executions } = await archive.list(viewer, { owner, job, run, limit: 1 });
    if (executions.length === 0) throw notFound(run === undefined ? "job" : "run");
    return run === undefined ? { owner, job } : { owner, job, run };
  }

  /** Who places the hold: an administrator on another user's executions or on request, otherwise the owner. */
  function by(viewer: Viewer, { owner }: HeldThing, { admin }: HoldRequest): "owner" | "admin" {
    if (admin && !viewer.admin)
      throw new HttpError({ status: 403, code: "denied", message: "Only administrators place and lift such holds" });
    return admin || owner !== viewer.user ? "admin" : "owner";
  }

  router.get("/holds", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const owner = ownerAsked(viewer, request, "owner") ?? (viewer.admin ? undefined : viewer.user);
    recordRead(viewer, request, owner === undefined ? "all" : [owner]);
    response.json({ holds: keeping.holds(owner) });
  });

  router.post("/holds", async (request, response) => {
    const viewer = await viewerOf(request, "keep");
    const asked = parseHoldRequest(request.body);
    if ("problem" in asked) throw badRequest(asked.problem, asked.named);
    const kept = await inTurn(viewer, response, async () => {
      const thing = await find(viewer, asked.what);
      return keeping.keep(thing, by(viewer, thing, asked), { user: viewer.user, address: request.ip });
    });
    if (kept === undefined) return;
    if (kept.is !== "kept") throw new HttpError({ status: 409, code: kept.is, message: kept.message });
    response.status(204).end();
  });

  router.post("/holds/release", async (request, response) => {
    const viewer = await viewerOf(request, "keep");
    const asked = parseHoldRequest(request.body);
    if ("problem" in asked) throw badRequest(asked.problem, asked.named);
    await inTurn(viewer, response, async () => {
      const thing = heldThing(viewer, asked.what) ?? (await find(viewer, asked.what));
      const asking = { user: viewer.user, address: request.ip };
      if (keeping.release(thing, by(viewer, thing, asked), asking)) return;
      // An administrator may lift the owner's hold as well.
      if (viewer.admin && keeping.release(thing, "owner", asking)) return;
      const isAdmins = keeping.holds(thing.owner).some((hold) => hold.by === "admin" && isSame(hold, thing));
      const message = isAdmins ? "An administrator keeps this: only they can release it" : "There is no such hold";
      throw new HttpError({ status: isAdmins ? 409 : 404, code: isAdmins ? "held" : "not_found", message });
    });
    if (!response.closed) response.status(204).end();
  });

  router.get("/usage", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const query = new Query(request.query);
    const key = query.word("by", USAGE_KEYS.join(", "), (word) => USAGE_KEYS.find((each) => each === word)) ?? "user";
    const owner = ownerAsked(viewer, request, "owner") ?? (viewer.admin ? undefined : viewer.user);
    recordRead(viewer, request, owner === undefined ? "all" : [owner]);
    const usage = await inTurn(viewer, response, () => keeping.usage(key, owner));
    if (usage !== undefined) response.json({ usage, limits: keeping.limits() });
  });

  router.post("/prune", async (request, response) => {
    const viewer = await viewerOf(request, "delete");
    const asked = parsePruneRequest(request.body);
    if ("problem" in asked) throw badRequest(asked.problem, asked.named);
    const { owner = viewer.user } = asked;
    if (!isTheirs(viewer, owner)) throw notFound("user");
    if (asked.dryRun) recordRead(viewer, request, [owner]);
    await inTurn(viewer, response, () =>
      send(response, keeping.prune({ ...asked, owner }, { user: viewer.user, address: request.ip })),
    );
  });

  return router;
}

function isTheirs({ user, admin }: Viewer, owner: string): boolean {
  return admin || owner === user;
}

/** The held thing as a request names it in full, since the execution may be gone. Undefined without its node. */
function heldThing(viewer: Viewer, what: KeptScope): HeldThing | undefined {
  const { owner = viewer.user } = what;
  if (!isTheirs(viewer, owner)) throw notFound();
  if ("x" in what) return what.node === undefined ? undefined : { owner, x: what.x, node: what.node };
  return what.run === undefined ? { owner, job: what.job } : { owner, job: what.job, run: what.run };
}

function isSame(a: HeldThing, b: HeldThing): boolean {
  return a.x === b.x && a.node === b.node && a.job === b.job && a.run === b.run;
}

/** The user whose data an administrator asks for. */
function ownerAsked(viewer: Viewer, request: Request, name: string): string | undefined {
  const owner = new Query(request.query).text(name, WIRE_LIMITS.maxOwnerCharacters);
  if (owner !== undefined && !isTheirs(viewer, owner)) throw notFound("user");
  return owner;
}

/** Lines of JSON that report a long deletion's progress. If the client leaves, it ends after the current batch. */
async function send(response: Response, events: AsyncIterable<PruneEvent>): Promise<void> {
  response.set({ "Content-Type": "application/x-ndjson; charset=utf-8", "X-Accel-Buffering": "no" });
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    for await (const event of events) {
      if (gone.signal.aborted) return;
      if (!response.write(`${JSON.stringify(event)}\n`)) await once(response, "drain", { signal: gone.signal });
    }
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    return;
  }
  response.end();
}
