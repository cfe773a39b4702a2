import { open, rm } from "node:fs/promises";
import type { Chunk } from "../frame/chunk.ts";
import { finishMerge } from "./load-execution.ts";
import type { NumberedLog } from "./numbered-log.ts";
import type { OpenFiles } from "./open-files.ts";
import { readLines } from "./read-lines.ts";
import type { StoredExecution } from "./stored-execution.ts";

const STEP_BYTES = 1_048_576;

/**
 * Puts the late lines of a complete execution in their places: writes the whole log anew, says so in the sidecar, and
 * only then lets it take the old one's place. Killed at any moment, loading finishes or forgets it. Rejects with what
 * the file system threw, and has changed nothing then.
 */
export async function mergeLate(execution: StoredExecution, files: OpenFiles): Promise<void> {
  const path = `${execution.base}.log.new`;
  const merged = execution.newLog("main");
  try {
    await writeInOrder(execution, path, merged);
    // The old files go by this record: whatever went wrong on the way here, they are not given up for less.
    if (merged.lines !== execution.lines)
      throw new RangeError(`Cannot merge: ${merged.lines} of ${execution.lines} lines were read back`);
    execution.sidecar.append({ t: "merged", lines: merged.lines, bytes: merged.size });
  } catch (error) {
    // It may be what fills the disk.
    await rm(path, { force: true });
    throw error;
  }
  finishMerge(execution.base);
  for (const log of [execution.main, execution.late]) {
    if (log === undefined) continue;
    files.retire(log);
    log.release();
  }
  execution.main = merged;
  execution.late = undefined;
  try {
    merged.writeMarks();
    execution.sidecar.forgetRuns();
  } catch {
    // Without them the next load scans and reads a little more.
  }
}

async function writeInOrder(execution: StoredExecution, path: string, merged: NumberedLog): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o640);
  try {
    let next = 1;
    for (;;) {
      const range = { from: next, maxLines: Number.MAX_SAFE_INTEGER, maxBytes: STEP_BYTES };
      const chunks = await readLines(execution, range);
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
}

function endOf(chunk: Chunk): number {
  return chunk.firstN + chunk.count;
}
