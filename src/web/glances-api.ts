import { Router } from "express";
import type { Board } from "../wire/board.ts";
import type { Glance, GlanceLine, RunOfGlance } from "../wire/glance.ts";
import { MAX_GLANCE_CHARACTERS, MAX_GLANCES, parseGlanceRuns } from "../wire/glance.ts";
import { parseJson } from "../wire/record.ts";
import { SeveralOwnersError } from "../wire/several-owners-error.ts";
import type { Viewer } from "../wire/viewer.ts";
import { badRequest } from "./http-error.ts";
import { readLastLines } from "./last-lines.ts";
import type { Archive } from "./ports.ts";
import type { RecordRecentRead } from "./recent-reads.ts";
import { UserTurns } from "./user-turns.ts";
import type { ViewerOf } from "./viewers.ts";

interface GlancesApiOptions {
  readonly archive: Pick<Archive, "board" | "get" | "read">;
  readonly viewerOf: ViewerOf;
  readonly record: RecordRecentRead;
}

const MAX_REQUESTS = 16;
const MAX_QUERY_CHARACTERS = 8_192;

/** Serves what a list shows of runs besides their counts: last line, silence, lines. */
export function createGlancesApi({ archive, viewerOf, record }: GlancesApiOptions): Router {
  const router = Router();
  const requests = new UserTurns({ what: "glances", maxWaiting: MAX_REQUESTS });

  async function glanceOf(viewer: Viewer, [owner, job, run]: RunOfGlance): Promise<Glance | undefined> {
    const board = await archive.board(viewer, { owner, job, run });
    if (board === undefined) return undefined;
    const { cells, silentCount } = board;
    const quiet = cells.flatMap(({ quietMs }) => (quietMs === undefined ? [] : [quietMs]));
    return {
      ...{ owner, job, run, silentCount },
      lines: cells.reduce((sum, { lastN }) => sum + lastN, 0),
      quietMs: quiet.length === 0 ? null : quiet.reduce((least, ms) => Math.min(least, ms)),
      line: await lineOf(viewer, board),
    };
  }

  async function lineOf(viewer: Viewer, board: Board): Promise<GlanceLine | null> {
    const { owner, first } = board;
    const found = first ?? talking(board);
    if (found === undefined) return null;
    const { x, node, rank } = found;
    const execution = await archive.get(viewer, { x, node, owner });
    if (execution === undefined) return null;
    const [line] = await readLastLines(archive, viewer, { execution, stream: undefined, count: 1 });
    const text = (line?.text ?? "").slice(0, MAX_GLANCE_CHARACTERS);
    return { x, node, ...(rank === undefined ? {} : { rank }), text, isOfFirst: first !== null };
  }

  router.get("/glances", async (request, response) => {
    const viewer = await viewerOf(request, "read");
    const { runs: asked } = request.query;
    const isShort = typeof asked === "string" && asked.length <= MAX_QUERY_CHARACTERS;
    const runs = isShort ? parseGlanceRuns(parseJson(asked)) : undefined;
    if (runs === undefined) throw badRequest(`runs: expected a list of at most ${MAX_GLANCES} [owner, job, run]`);
    const work = async () => {
      const glances: Glance[] = [];
      for (const run of runs) {
        const glance = await glanceOf(viewer, run).catch((error: unknown) => {
          if (error instanceof SeveralOwnersError) return undefined;
          throw error;
        });
        if (glance === undefined) continue;
        record(viewer, request, { owner: glance.owner, key: JSON.stringify(run) });
        glances.push(glance);
      }
      response.json({ glances });
    };
    await requests.run(viewer.uid, { isWanted: () => !response.closed, work });
  });

  return router;
}

/** The running execution that printed last, or if none runs, one that has ended. */
function talking({ cells }: Board): Board["cells"][number] | undefined {
  const printed = cells.filter(({ lastN }) => lastN > 0);
  const running = printed.filter(({ quietMs }) => quietMs !== undefined);
  const last = running.reduce<Board["cells"][number] | undefined>(
    (best, cell) => (best === undefined || (cell.quietMs ?? 0) < (best.quietMs ?? 0) ? cell : best),
    undefined,
  );
  return last ?? printed[0];
}
