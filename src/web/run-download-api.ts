import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Router } from "express";
import type { Execution } from "../wire/api.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { parseRunId, RUN_ID_RULE } from "../wire/run-id.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { RecordRead } from "./admin-reads.ts";
import { isClientGone } from "./client-gone.ts";
import { badRequest, HttpError, notFound } from "./http-error.ts";
import type { Archive } from "./ports.ts";
import { Query } from "./query.ts";
import type { UserPlaces } from "./user-places.ts";
import type { ViewerOf } from "./viewers.ts";
import { MAX_FILES, zipped } from "./zip.ts";

interface RunDownloadApiOptions {
  readonly archive: Pick<Archive, "list" | "raw" | "jobs">;
  readonly places: UserPlaces;
  readonly viewerOf: ViewerOf;
  readonly recordRead: RecordRead;
}

const FORMS = { text: "text/plain; charset=utf-8", gzip: "application/gzip", zip: "application/zip" } as const;
const ENDINGS = { text: "txt", gzip: "txt.gz", zip: "zip" } as const;
const NEWLINE = 0x0a;
/** Characters of the command in a file's name. */
const MAX_COMMAND_CHARACTERS = 64;

/**
 * `GET /api/run-download`: the output of all executions of a run, or of a job, one after the other. `zip`: a file for
 * each.
 */
export function createRunDownloadApi({ archive, places, viewerOf, recordRead }: RunDownloadApiOptions): Router {
  const router = Router();

  router.get("/run-download", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const query = new Query(request.query);
    const job = query.text("job", WIRE_LIMITS.maxJobCharacters);
    if (job === undefined) throw badRequest("job: name the job");
    const run = query.word("run", RUN_ID_RULE, parseRunId);
    const owner = query.text("owner", WIRE_LIMITS.maxOwnerCharacters) ?? viewer.user;
    const form = query.word("form", "text, gzip or zip", (word) => (isForm(word) ? word : undefined)) ?? "text";
    places.check(viewer.uid);
    const leave = places.take(viewer.uid);
    try {
      const executions = executionsOf(archive, viewer, { job, run, owner });
      const first = await executions.next();
      if (first.done === true) throw notFound("job or run");
      if (form === "zip" && run === undefined) await refuseTooMany(archive, viewer, { job, owner });
      recordRead(viewer, request, [owner]);
      const name = `${job}${run === undefined ? "" : `.${run}`}`.replace(/[^\w.-]/g, "_");
      response.set("Content-Type", FORMS[form]);
      response.set("Content-Disposition", `attachment; filename="${name}.${ENDINGS[form]}"`);
      const all = withFirst(first.value, executions);
      const pieces = form === "zip" ? zipped(filesOf(archive, viewer, all)) : textOf(archive, viewer, all);
      const bytes = Readable.from(pieces, { objectMode: false });
      await (form === "gzip" ? pipeline(bytes, createGzip(), response) : pipeline(bytes, response));
    } catch (error) {
      if (!isClientGone(error)) throw error;
    } finally {
      leave();
    }
  });

  return router;
}

function isForm(word: string): word is keyof typeof FORMS {
  return Object.hasOwn(FORMS, word);
}

/** Refuses a job with too many before the first byte; executions of one run are only counted on the way. */
async function refuseTooMany(
  archive: Pick<Archive, "jobs">,
  viewer: Viewer,
  of: { readonly job: string; readonly owner: string },
): Promise<void> {
  const job = (await archive.jobs(viewer)).find((each) => each.job === of.job && each.owner === of.owner);
  if (job === undefined || job.executions <= MAX_FILES) return;
  const message = `Cannot zip ${job.executions} executions, limit is ${MAX_FILES}: download one run at a time, or as text`;
  throw new HttpError({ status: 413, code: "too_large", message });
}

/** Executions, newest first, a page at a time. */
async function* executionsOf(
  archive: Pick<Archive, "list">,
  viewer: Viewer,
  of: { readonly job: string; readonly run: string | undefined; readonly owner: string },
): AsyncGenerator<Execution, undefined> {
  let before: string | undefined;
  do {
    const asked = { ...of, node: undefined, state: undefined, q: undefined, before };
    const { executions, next } = await archive.list(viewer, { ...asked, limit: WIRE_LIMITS.maxPageExecutions });
    yield* executions;
    before = next ?? undefined;
  } while (before !== undefined);
  return undefined;
}

async function* withFirst(first: Execution, others: AsyncIterable<Execution>): AsyncGenerator<Execution> {
  yield first;
  yield* others;
}

async function* filesOf(archive: Pick<Archive, "raw">, viewer: Viewer, executions: AsyncIterable<Execution>) {
  for await (const { x, node, owner, command, startedAt, endedAt } of executions) {
    const name = `${[node, command.slice(0, MAX_COMMAND_CHARACTERS), x].map((word) => word.replace(/[^\w.-]/g, "_")).join(".")}.txt`;
    yield { name, changed: new Date(endedAt ?? startedAt), bytes: archive.raw(viewer, { x, node, owner }) };
  }
}

/** The text of all executions, each under a line with its name, as in tail(1). */
async function* textOf(
  archive: Pick<Archive, "raw">,
  viewer: Viewer,
  executions: AsyncIterable<Execution>,
): AsyncGenerator<Buffer> {
  let last = NEWLINE;
  for await (const { x, node, owner, command } of executions) {
    yield Buffer.from(`${last === NEWLINE ? "" : "\n"}==> ${node} ${JSON.stringify(command)} ${x} <==\n`);
    last = NEWLINE;
    for await (const bytes of archive.raw(viewer, { x, node, owner })) {
      last = bytes.at(-1) ?? last;
      yield bytes;
    }
  }
}
