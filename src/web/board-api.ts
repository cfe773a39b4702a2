import { type Request, Router } from "express";
import { LoopTurns } from "../host/loop-turns.ts";
import { parseExecutionId } from "../wire/ids.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { parseStream } from "../wire/stream-name.ts";
import { askedRun } from "./asked-run.ts";
import { notFound } from "./http-error.ts";
import { readLastLines } from "./last-lines.ts";
import type { Archive } from "./ports.ts";
import { Query } from "./query.ts";
import type { RecordRecentRead } from "./recent-reads.ts";
import { inPieces, sendList } from "./send-list.ts";
import { UserTurns } from "./user-turns.ts";
import type { ViewerOf } from "./viewers.ts";

interface BoardApiOptions {
  readonly archive: Pick<Archive, "board" | "get" | "read">;
  readonly viewerOf: ViewerOf;
  readonly record: RecordRecentRead;
}

/** Requests of one user's pages at once, for boards and last lines. */
const MAX_REQUESTS = 64;
const MAX_LAST_LINES = 100;

/** Serves the parts of a run's page above its lines: all executions at a glance, and the last lines of one. */
export function createBoardApi({ archive, viewerOf, record }: BoardApiOptions): Router {
  const router = Router();
  const requests = new UserTurns({ what: "boards", maxWaiting: MAX_REQUESTS });
  const turns = new LoopTurns();
  router.get("/board", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const { job, run, owner } = askedRun(new Query(request.query), "board");
    const work = async () => {
      const board = await archive.board(viewer, { job, run, owner });
      if (board === undefined) throw notFound();
      record(viewer, request, { owner: board.owner, key: JSON.stringify([board.owner, job, run]) });
      const { cells, ...rest } = board;
      await sendList(response, turns, { name: "cells", pieces: inPieces(cells), rest });
    };
    await requests.run(viewer.uid, { isWanted: () => !response.closed, work });
  });

  router.get("/executions/:x/last-lines", async (request: Request<{ x: string }>, response) => {
    const viewer = await viewerOf(request, "read");
    const query = new Query(request.query);
    const node = query.text("node", WIRE_LIMITS.maxNodeCharacters);
    const owner = query.text("owner", WIRE_LIMITS.maxOwnerCharacters);
    const stream = query.word("stream", "stdout or stderr", parseStream);
    const count = query.count("count", { least: 1, most: MAX_LAST_LINES, fallback: 10 });
    const x = parseExecutionId(request.params.x);
    const work = async () => {
      const execution = x === undefined ? undefined : await archive.get(viewer, { x, node, owner });
      if (execution === undefined) throw notFound();
      record(viewer, request, { owner: execution.owner, key: JSON.stringify([execution.owner, execution.x]) });
      response.json({ lines: await readLastLines(archive, viewer, { execution, stream, count }) });
    };
    await requests.run(viewer.uid, { isWanted: () => !response.closed, work });
  });

  return router;
}
