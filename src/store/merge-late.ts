import { open, rm } from "node:fs/promises";
import type { Chunk } from "../frame/chunk.ts";
import { finishMerge } from "./load-execution.ts";
import { readLines } from "./read-lines.ts";
import type { StoredExecution } from "./stored-execution.ts";

const STEP_BYTES = 1_048_576;

/**
 * Puts the late lines of a complete execution in their places: writes the whole log anew, says so in the sidecar, and
 * only then lets it take the old one's place. Killed at any moment, loading finishes or forgets it.
 */
export async function mergeLate(execution: StoredExecution): Promise<void> {
  const path = `${execution.base}.log.new`;
  const merged = execution.newLog("main");
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o640);
  try {
    let next = 1;
    for (;;) {
      const chunks = await readLines(execution, {
        from: next,
        maxLines: Number.MAX_SAFE_INTEGER,
        maxBytes: STEP_BYTES,
      });
      if (chunks.length === 0) break;
      for (const chunk of chunks) {
        await file.writeFile(chunk.cri);
        merged.count(chunk);
        next = endOf(chunk);
      }
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  execution.sidecar.append({ t: "merged", lines: merged.lines, bytes: merged.size });
  finishMerge(execution.base);
  merged.writeMarks();
  execution.main.release();
  execution.late?.release();
  execution.main = merged;
  execution.late = undefined;
}

function endOf(chunk: Chunk): number {
  return chunk.firstN + chunk.count;
}
