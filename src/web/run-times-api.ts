import { Router } from "express";
import { askedRun } from "./asked-run.ts";
import { notFound } from "./http-error.ts";
import type { Archive } from "./ports.ts";
import { Query } from "./query.ts";
import type { RecordRecentRead } from "./recent-reads.ts";
import { UserTurns } from "./user-turns.ts";
import type { ViewerOf } from "./viewers.ts";

interface RunTimesApiOptions {
  readonly archive: Pick<Archive, "runTimes">;
  readonly viewerOf: ViewerOf;
  readonly record: RecordRecentRead;
}

/** Waiting requests of one user: each goes through the index of a run. */
const MAX_REQUESTS = 16;

/** Serves when a run printed how much. */
export function createRunTimesApi({ archive, viewerOf, record }: RunTimesApiOptions): Router {
  const router = Router();
  const requests = new UserTurns({ what: "times of runs", maxWaiting: MAX_REQUESTS });
  router.get("/run-times", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const { job, run, owner } = askedRun(new Query(request.query), "run-times");
    const work = async () => {
      const times = await archive.runTimes(viewer, { job, run, owner });
      if (times === undefined) throw notFound();
      record(viewer, request, { owner: times.owner, key: JSON.stringify([times.owner, job, run]) });
      response.json(times);
    };
    await requests.run(viewer.uid, { isWanted: () => !response.closed, work });
  });
  return router;
}
