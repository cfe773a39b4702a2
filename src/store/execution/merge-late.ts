import { renameSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import type { OpenFiles } from "../disk/open-files.ts";
import type { NumberedLog } from "./numbered-log.ts";
import { readChunks } from "./read-chunks.ts";
import type { StoredExecution } from "./stored-execution.ts";

const STEP_BYTES = 1_048_576;

/** Bytes synced in one go: a stop waits for that long at most. */
const SYNC_EVERY_BYTES = 32 * STEP_BYTES;

/**
 * Puts the late lines of a complete execution in their places: writes the whole log anew, says so in the sidecar, and
 * only then lets it take the old one's place. Killed at any moment, loading finishes or forgets it. Rejects with what
 * the file system threw, or when it is aborted, and has changed nothing then.
 */
export async function mergeLate(
  execution: StoredExecution,
  options: { readonly files: OpenFiles; readonly signal: AbortSignal },
): Promise<void> {
  const { base, main, late, sidecar } = execution;
  const path = `${base}.log.new`;
  const merged = execution.newLog("main");
  try {
    options.signal.throwIfAborted();
    await writeInOrder(execution, { path, merged, signal: options.signal });
    // The old files go by this record: whatever went wrong on the way here, they are not given up for less.
    if (merged.lines !== execution.lines)
      throw new RangeError(`Cannot merge: ${merged.lines} of ${execution.lines} lines were read back`);
    // On the disk before the names change, also where a batch is not: old lines are at stake, not the newest ones.
    sidecar.append({ t: "merged", lines: merged.lines, bytes: merged.size }, true);
  } catch (error) {
    // It may be what fills the disk.
    await rm(path, { force: true });
    throw error;
  }
  renameSync(path, main.path);
  execution.main = merged;
  execution.late = undefined;
  for (const log of [main, late]) {
    if (log === undefined) continue;
    options.files.retire(log);
    log.release();
  }
  try {
    if (late !== undefined) rmSync(late.path, { force: true });
    merged.writeMarks();
    sidecar.forgetStretches();
  } catch {
    // The next load does what is left of it, or scans and reads a little more.
  }
}

async function writeInOrder(
  execution: StoredExecution,
  to: { readonly path: string; readonly merged: NumberedLog; readonly signal: AbortSignal },
): Promise<void> {
  const { path, merged, signal } = to;
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o640);
  try {
    let next = 1;
    let syncedBytes = 0;
    for (;;) {
      const range = { from: next, maxLines: Number.MAX_SAFE_INTEGER, maxBytes: STEP_BYTES };
      const chunks = await readChunks(execution, range);
      signal.throwIfAborted();
      if (chunks.length === 0) break;
      for (const chunk of chunks) {
        if (chunk.firstN !== next) throw new RangeError(`Cannot merge: line ${next} is missing`);
        await file.writeFile(chunk.cri);
        merged.count(chunk);
        next = chunk.firstN + chunk.count;
      }
      if (merged.size - syncedBytes < SYNC_EVERY_BYTES) continue;
      await file.datasync();
      syncedBytes = merged.size;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}
