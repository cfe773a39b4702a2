import { renameSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { LoopTurns } from "../../host/loop-turns.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { removeSealed } from "../sealed/sealed-files.ts";
import type { NumberedLog } from "./numbered-log.ts";
import { readChunks } from "./read-chunks.ts";
import type { StoredExecution } from "./stored-execution.ts";

const STEP_BYTES = 1_048_576;

/** Bytes per sync: the most that a stop may have to wait for. */
const SYNC_EVERY_BYTES = 32 * STEP_BYTES;

/**
 * Puts the late lines of a complete execution in place: rewrites the whole log, unsealed, records that in the sidecar, and only
 * then replaces the old one. After a kill at any moment, loading completes or forgets the merge. Rejects with file
 * system errors, or when aborted, and then has changed nothing.
 */
export async function mergeLate(
  execution: StoredExecution,
  options: { readonly files: OpenFiles; readonly signal: AbortSignal },
): Promise<void> {
  const { base, sidecar } = execution;
  const { main, late } = execution.logs;
  const path = `${base}.log.new`;
  const turns = new LoopTurns();
  const merged = execution.logs.create("main");
  try {
    options.signal.throwIfAborted();
    await writeInOrder(execution, { path, merged, turns, signal: options.signal });
    // This record makes the old files obsolete, so check first that no line was lost.
    if (merged.lines !== execution.lines)
      throw new RangeError(`Cannot merge: ${merged.lines} of ${execution.lines} lines were read back`);
    // Synced before the names change, even if batches are not: old lines are at risk here, not only the newest.
    sidecar.append({ t: "merged", lines: merged.lines, bytes: merged.size }, true);
  } catch (error) {
    // This file may be the one that fills the disk.
    await rm(path, { force: true });
    throw error;
  }
  renameSync(path, merged.path);
  execution.logs.replace(merged);
  for (const log of [main, late]) {
    if (log === undefined) continue;
    options.files.retire(log);
    log.release();
  }
  try {
    if (late !== undefined) rmSync(late.path, { force: true });
    if (main.members !== undefined) removeSealed(base);
    merged.writeMarks();
    await sidecar.forgetStretches(turns);
  } catch {
    // The next load completes the rest, or scans and reads a little more.
  }
}

async function writeInOrder(
  execution: StoredExecution,
  to: { readonly path: string; readonly merged: NumberedLog; readonly turns: LoopTurns; readonly signal: AbortSignal },
): Promise<void> {
  const { path, merged, turns, signal } = to;
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o640);
  try {
    let next = 1;
    let syncedBytes = 0;
    for (;;) {
      const range = { from: next, maxLines: Number.MAX_SAFE_INTEGER, maxBytes: STEP_BYTES };
      const chunks = await readChunks(execution, range, turns);
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
