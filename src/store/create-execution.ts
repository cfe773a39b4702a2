import { closeSync, rmSync, statSync } from "node:fs";
import { createFile } from "./create-file.ts";
import { type LoadOptions, loadExecution } from "./load-execution.ts";
import type { OpenFiles } from "./open-files.ts";
import type { Origin } from "./origin.ts";
import { Sidecar } from "./sidecar.ts";
import { failureCode } from "./storage-error.ts";
import { StoredExecution } from "./stored-execution.ts";

export interface CreateOptions extends LoadOptions {
  readonly files: OpenFiles;
}

/**
 * Makes the files of a new execution in a folder that is there: the sidecar with its BEGIN, then the empty log. Files
 * that exist already are taken over when they are the same execution's (the collector was killed before it could index
 * them); another one's stay, and the call throws EEXIST.
 */
export function createExecution(base: string, origin: Origin, options: CreateOptions): StoredExecution {
  const { durable, spill, files, nowMs } = options;
  const metaPath = `${base}.meta`;
  try {
    const content = `${JSON.stringify({ t: "begin", v: 1, ...origin })}\n`;
    closeSync(createFile(metaPath, { durable, content }));
  } catch (error) {
    const code = failureCode(error);
    // A sidecar that could not be written whole has no BEGIN; it must not be in the way of the next attempt.
    if (code !== "EEXIST") rmSync(metaPath, { force: true });
    const existing = code === "EEXIST" ? adopt(base, options) : undefined;
    if (existing?.origin.keyHash !== origin.keyHash) throw error;
    return existing;
  }
  const sidecar = new Sidecar(metaPath, durable);
  const execution = new StoredExecution({ origin, base, sidecar, spill, nowMs });
  files.adopt(execution.main, createFile(execution.main.path, { durable }));
  return execution;
}

/** What is there already; undefined when its sidecar was torn before its BEGIN was whole: then it is removed. */
function adopt(base: string, options: CreateOptions): StoredExecution | undefined {
  const isEmpty = new Sidecar(`${base}.meta`, options.durable).isEmpty();
  if (isEmpty) {
    rmSync(`${base}.meta`, { force: true });
    return undefined;
  }
  if (statSync(`${base}.log`, { throwIfNoEntry: false }) === undefined) {
    closeSync(createFile(`${base}.log`, options));
  }
  return loadExecution(base, options);
}
