import { open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { OpenFiles } from "../disk/open-files.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { SealedRecord } from "../sealed/member-table.ts";
import { placeSealed, sealedPaths } from "../sealed/sealed-files.ts";
import type { SealPaths } from "./seal-log.ts";

interface SealOptions {
  /** Packs the log, in another thread. */
  readonly pack: (paths: SealPaths) => Promise<SealedRecord>;
  readonly files: OpenFiles;
  readonly signal: AbortSignal;
}

/**
 * Puts a sealed log in the place of an execution's log: packs it into a new file, records that in the sidecar, and only
 * then gives the new file its name and removes the old one. After a kill at any moment, loading completes or forgets it.
 * Rejects with file system errors, or when aborted, or when lines came in between, and then has changed nothing.
 */
export async function sealExecution(execution: StoredExecution, options: SealOptions): Promise<SealedRecord> {
  const { base, sidecar, logs } = execution;
  const { main } = logs;
  const { newLog, newFilter } = sealedPaths(base);
  let isRecorded = false;
  let sealed: SealedRecord;
  try {
    sealed = await options.pack({ log: main.path, newLog, newFilter });
    checkUnchanged(execution, sealed, options.signal);
    sidecar.append(sealed);
    isRecorded = true;
    // Synced before the names change: without its record the content of the sealed log is unknown.
    await syncPath(sidecar.path);
    checkUnchanged(execution, sealed, options.signal);
  } catch (error) {
    if (isRecorded) sidecar.append({ t: "unsealed" });
    await Promise.all([newLog, newFilter].map((path) => rm(path, { force: true })));
    throw error;
  }
  placeSealed(base);
  logs.seal(sealed);
  options.files.retire(main);
  main.release();
  await syncPath(dirname(base));
  await rm(main.path, { force: true });
  return sealed;
}

/** Throws unless the sealed log holds every line and no more have arrived. */
function checkUnchanged(execution: StoredExecution, { lines, bytes }: SealedRecord, signal: AbortSignal): void {
  signal.throwIfAborted();
  const { main, late } = execution.logs;
  if (late === undefined && main.lines === lines && main.size === bytes) return;
  throw new RangeError(`Cannot seal: it has ${execution.lines} lines, and ${lines} were packed`);
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
