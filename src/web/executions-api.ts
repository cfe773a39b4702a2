import { type Request, type Response, Router } from "express";
import type { Audit } from "../host/audit.ts";
import { LoopTurns } from "../host/loop-turns.ts";
import { EXECUTION_STATES, type Execution, parseState } from "../wire/api.ts";
import { parseExecutionId } from "../wire/ids.ts";
import type { Hold } from "../wire/keeping.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { parseRunId, RUN_ID_RULE } from "../wire/run-id.ts";
import { parseStream } from "../wire/stream-name.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { RecordRead } from "./admin-reads.ts";
import { badRequest, HttpError, notFound } from "./http-error.ts";
import type { Keeping } from "./keeping-port.ts";
import { readEnd, readPage } from "./lines-page.ts";
import type { Archive } from "./ports.ts";
import { Query } from "./query.ts";
import { RawDownloads } from "./raw-download.ts";
import { parseRange } from "./raw-range.ts";
import { inPieces, sendList } from "./send-list.ts";
import type { UserPlaces } from "./user-places.ts";
import { UserTurns } from "./user-turns.ts";
import type { ViewerOf } from "./viewers.ts";

interface ExecutionsApiOptions {
  readonly archive: Archive;
  /** Holds that protect executions from deletion. */
  readonly keeping: Pick<Keeping, "holdOf">;
  readonly viewerOf: ViewerOf;
  readonly places: UserPlaces;
  readonly audit: Audit;
  readonly recordRead: RecordRead;
}

const MAX_CURSOR_CHARACTERS = 512;
/** JSON with the name of a job, in which each character may take six. */
const MAX_RUN_CURSOR_CHARACTERS = 2_048;
/** Enough for quick typing in a few windows. */
const MAX_SEARCHES = 8;
/** Enough for the pages of a job with many executions, in a few windows. */
const MAX_REQUESTS = 256;

/** Everything under `/api` that reads or deletes executions. */
export function createExecutionsApi(options: ExecutionsApiOptions): Router {
  const { archive, keeping, viewerOf, places, audit, recordRead } = options;
  const router = Router();
  const searches = new UserTurns({ what: "searches", maxWaiting: MAX_SEARCHES });
  const requests = new UserTurns({ what: "requests", maxWaiting: MAX_REQUESTS });
  const turns = new LoopTurns();
  const downloads = new RawDownloads(archive, places);

  /**
   * Works on a request in its user's turn, which no slow client holds. Undefined: the client has gone, and needs no
   * answer.
   */
  function inTurn<T>(viewer: Viewer, response: Response, work: () => Promise<T>): Promise<T | undefined> {
    const isWanted = () => !response.closed;
    return requests.run(viewer.uid, { isWanted, work: () => turns.run(work) });
  }

  /** The execution of a request. A foreign one, a missing one and a malformed id get the same answer. */
  async function find(viewer: Viewer, request: Request<{ x: string }>): Promise<Execution> {
    const query = new Query(request.query);
    const node = query.text("node", WIRE_LIMITS.maxNodeCharacters);
    const owner = query.text("owner", WIRE_LIMITS.maxOwnerCharacters);
    const x = parseExecutionId(request.params.x);
    const execution = x === undefined ? undefined : await archive.get(viewer, { x, node, owner });
    if (execution === undefined) throw notFound();
    return execution;
  }

  async function findToRead(viewer: Viewer, request: Request<{ x: string }>): Promise<Execution> {
    const execution = await find(viewer, request);
    recordRead(viewer, request, [execution.owner]);
    return execution;
  }

  router.get("/executions", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const query = new Query(request.query);
    const { defaultPageExecutions, maxPageExecutions, maxJobCharacters, maxNodeCharacters } = WIRE_LIMITS;
    const { maxOwnerCharacters, maxSearchCharacters } = WIRE_LIMITS;
    const asked = {
      owner: query.text("owner", maxOwnerCharacters),
      job: query.text("job", maxJobCharacters),
      run: runOf(query),
      node: query.text("node", maxNodeCharacters),
      state: query.word("state", EXECUTION_STATES.join(", "), parseState),
      q: query.text("q", maxSearchCharacters),
      before: query.text("before", MAX_CURSOR_CHARACTERS),
      limit: query.count("limit", { least: 1, most: maxPageExecutions, fallback: defaultPageExecutions }),
    };
    const work = async () => {
      const page = await archive.list(viewer, asked);
      recordRead(
        viewer,
        request,
        page.executions.map(({ owner }) => owner),
      );
      const { executions, ...rest } = page;
      await sendList(response, turns, { name: "executions", pieces: inPieces(executions), rest });
    };
    const isWanted = () => !response.closed;
    await (asked.q === undefined ? requests : searches).run(viewer.uid, { isWanted, work });
  });

  router.get("/runs", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const query = new Query(request.query);
    const { defaultPageExecutions, maxPageExecutions, maxJobCharacters, maxOwnerCharacters } = WIRE_LIMITS;
    const asked = {
      owner: query.text("owner", maxOwnerCharacters),
      job: query.text("job", maxJobCharacters),
      before: query.text("before", MAX_RUN_CURSOR_CHARACTERS),
      limit: query.count("limit", { least: 1, most: maxPageExecutions, fallback: defaultPageExecutions }),
    };
    await inTurn(viewer, response, async () => {
      const { runs, ...rest } = await archive.runs(viewer, asked);
      recordRead(
        viewer,
        request,
        runs.map(({ owner }) => owner),
      );
      await sendList(response, turns, { name: "runs", pieces: inPieces(runs), rest });
    });
  });

  router.get("/executions/:x", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const execution = await inTurn(viewer, response, () => findToRead(viewer, request));
    if (execution !== undefined) response.json(execution);
  });

  router.delete("/executions/:x", async (request, response) => {
    const viewer = await viewerOf(request, "delete");
    const removed = await inTurn(viewer, response, async () => {
      const execution = await find(viewer, request);
      // For a deletion, an execution that is only shared with the user does not exist.
      if (!viewer.admin && execution.owner !== viewer.user) throw notFound();
      const hold = keeping.holdOf(execution);
      return { execution, outcome: hold === undefined ? await archive.remove(viewer, execution) : hold };
    });
    if (removed === undefined) return;
    const { x, node, owner } = removed.execution;
    const deletion = { event: "deletion", user: viewer.user, address: request.ip, owner, node, x } as const;
    if (removed.outcome === "missing") throw notFound();
    if (typeof removed.outcome === "object") {
      audit.record({ ...deletion, outcome: "refused", reason: "held" });
      throw heldBy(removed.outcome);
    }
    if (removed.outcome === "running") {
      audit.record({ ...deletion, outcome: "refused", reason: "running" });
      const message = "The execution is running: delete it after it has ended";
      throw new HttpError({ status: 409, code: "running", message });
    }
    audit.record({ ...deletion, outcome: "ok" });
    response.status(204).end();
  });

  router.get("/executions/:x/lines", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    await inTurn(viewer, response, async () => {
      const execution = await findToRead(viewer, request);
      const query = new Query(request.query);
      const { defaultPageLines, maxPageLines } = WIRE_LIMITS;
      const last = query.count("last", { least: 1, most: maxPageLines, fallback: 0 });
      const first = query.count("from", { least: 1, most: Number.MAX_SAFE_INTEGER, fallback: 1 });
      const count = query.count("limit", { least: 1, most: maxPageLines, fallback: defaultPageLines });
      const { pieces, next } =
        last === 0
          ? await readPage(archive, viewer, { execution, from: first, limit: count })
          : await readEnd(archive, viewer, { execution, last });
      await sendList(response, turns, { name: "lines", pieces, rest: { next } });
    });
  });

  router.get("/executions/:x/looks", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const at = await inTurn(viewer, response, async () => {
      const { x, node, owner } = await findToRead(viewer, request);
      const n = new Query(request.query).count("n", { least: 1, most: Number.MAX_SAFE_INTEGER, fallback: 1 });
      return { x, node, owner, n };
    });
    if (at === undefined) return;
    // Outside the user's turn: the answer may wait while a log is read.
    const looks = await archive.looks(viewer, at);
    if (looks === undefined) throw notFound();
    response.json({ looks });
  });

  router.get("/executions/:x/raw", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const download = await inTurn(viewer, response, async () => {
      const execution = await findToRead(viewer, request);
      const query = new Query(request.query);
      const stream = query.word("stream", "stdout or stderr", parseStream);
      const form = query.word("form", "raw, cri or zip", parseForm) ?? "raw";
      if (form !== "raw" && stream !== undefined) throw badRequest(`stream: form=${form} always has both streams`);
      const isGzip = query.word("gzip", "1", (word) => (word === "1" ? word : undefined)) !== undefined;
      if (form === "zip" && isGzip) throw badRequest("gzip: a zip is compressed already");
      const range = parseRange(request.headers.range, request.get("if-range"));
      return { viewer, execution, stream, form, isGzip, range };
    });
    if (download !== undefined) await downloads.send(response, download);
  });

  router.get("/jobs", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    recordRead(viewer, request, "all");
    await inTurn(viewer, response, async () => {
      await sendList(response, turns, { name: "jobs", pieces: inPieces(await archive.jobs(viewer)) });
    });
  });

  router.get("/user-mismatches", async (request, response) => {
    response.json({ mismatches: await archive.userMismatches(await viewerOf(request, "read")) });
  });

  return router;
}

function heldBy({ by, job }: Hold): HttpError {
  const what = job === undefined ? "The execution is kept" : "The execution's job or run is kept";
  const next = by === "admin" ? "by an administrator, who must release it first" : "release it first";
  return new HttpError({ status: 409, code: "held", message: `${what}${by === "admin" ? " " : ": "}${next}` });
}

/** The run of a query. It belongs to a job: without the job it means nothing. */
function runOf(query: Query): string | undefined {
  const run = query.word("run", RUN_ID_RULE, parseRunId);
  if (run !== undefined && query.text("job", WIRE_LIMITS.maxJobCharacters) === undefined)
    throw badRequest("run: name its job as well");
  return run;
}

function parseForm(word: unknown): "raw" | "cri" | "zip" | undefined {
  return word === "raw" || word === "cri" || word === "zip" ? word : undefined;
}
