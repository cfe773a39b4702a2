import { Router } from "express";
import { LoopTurns } from "../host/loop-turns.ts";
import { parseExecutionId } from "../wire/ids.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { parseRunId, RUN_ID_RULE } from "../wire/run-id.ts";
import { parseRunPlace } from "../wire/run-lines.ts";
import type { RecordRead } from "./admin-reads.ts";
import { badRequest, notFound } from "./http-error.ts";
import type { Archive } from "./ports.ts";
import { Query } from "./query.ts";
import { inPieces, sendList } from "./send-list.ts";
import { UserTurns } from "./user-turns.ts";
import type { ViewerOf } from "./viewers.ts";

interface RunLinesApiOptions {
  readonly archive: Pick<Archive, "runLines">;
  readonly viewerOf: ViewerOf;
  readonly recordRead: RecordRead;
}

/** Waiting pages of one user: each may read a thousand files. */
const MAX_REQUESTS = 16;
const LINES = { fallback: 500, most: 2_000 };
const MAX_ONLY = 64;
const MAX_ONLY_CHARACTERS = MAX_ONLY * 27;
const PLACE_RULE = "TIME or TIME_X_N, with a time as in lines";

/** Lines of all executions of a run in order of time. */
export function createRunLinesApi({ archive, viewerOf, recordRead }: RunLinesApiOptions): Router {
  const router = Router();
  const requests = new UserTurns({ what: "pages of runs", maxWaiting: MAX_REQUESTS });
  const turns = new LoopTurns();

  router.get("/run-lines", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const query = new Query(request.query);
    const job = query.text("job", WIRE_LIMITS.maxJobCharacters);
    if (job === undefined) throw badRequest("run-lines: name a job");
    const before = query.word("before", PLACE_RULE, parseSide);
    const after = query.word("after", PLACE_RULE, parseSide);
    if ((before === undefined) === (after === undefined)) throw badRequest("run-lines: name one of before and after");
    const place = before ?? after;
    const only = query
      .text("only", MAX_ONLY_CHARACTERS)
      ?.split(",")
      .flatMap((id) => parseExecutionId(id) ?? []);
    const asked = {
      job,
      run: query.word("run", RUN_ID_RULE, parseRunId),
      owner: query.text("owner", WIRE_LIMITS.maxOwnerCharacters),
      node: query.text("node", WIRE_LIMITS.maxNodeCharacters),
      ...(only === undefined ? {} : { only }),
      side: before === undefined ? ("after" as const) : ("before" as const),
      place: place === "all" ? undefined : place,
      limit: query.count("limit", { least: 1, ...LINES }),
      isNodeClock: query.word("clock", "node", (value) => (value === "node" ? value : undefined)) !== undefined,
    };
    const work = async () => {
      const page = await archive.runLines(viewer, asked);
      if (page === undefined) throw notFound();
      const { lines, executions, isMore } = page;
      recordRead(
        viewer,
        request,
        executions.map(({ owner }) => owner),
      );
      await sendList(response, turns, { name: "lines", pieces: inPieces(lines), rest: { executions, isMore } });
    };
    await requests.run(viewer.uid, { isWanted: () => !response.closed, work });
  });

  return router;
}

/** Parses one side; `end` and `start` are the far ends. */
function parseSide(text: string): ReturnType<typeof parseRunPlace> | "all" {
  return text === "end" || text === "start" ? "all" : parseRunPlace(text);
}
