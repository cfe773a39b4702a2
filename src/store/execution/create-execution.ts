import { closeSync, rmSync, statSync } from "node:fs";
import { createFile } from "../disk/create-file.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { failureCode } from "../disk/storage-error.ts";
import { type LoadOptions, loadExecution } from "./load-execution.ts";
import type { Origin } from "./origin.ts";
import { Sidecar } from "./sidecar.ts";
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
  const sidecar = new Sidecar(`${base}.meta`, durable);
  const execution = new StoredExecution({ origin, base, sidecar, spill, nowMs });
  try {
    createSidecar(sidecar, origin);
    files.adopt(execution.main, createFile(execution.main.path, { durable }));
    return execution;
  } catch (error) {
    const existing = failureCode(error) === "EEXIST" ? adopt(base, options) : undefined;
    if (existing?.origin.keyHash !== origin.keyHash) throw error;
    return existing;
  }
}

/** One that a kill, or a full disk, has left without a whole BEGIN is in nobody's way. */
function createSidecar(sidecar: Sidecar, origin: Origin): void {
  const content = `${JSON.stringify({ t: "begin", v: 1, ...origin })}\n`;
  const create = () => {
    closeSync(createFile(sidecar.path, { durable: sidecar.durable, content }));
    sidecar.size = Buffer.byteLength(content);
  };
  try {
    create();
  } catch (error) {
    if (failureCode(error) !== "EEXIST") {
      rmSync(sidecar.path, { force: true });
      throw error;
    }
    if (!sidecar.isEmpty()) throw error;
    rmSync(sidecar.path);
    create();
  }
}

function adopt(base: string, options: CreateOptions): StoredExecution | undefined {
  if (statSync(`${base}.log`, { throwIfNoEntry: false }) === undefined) {
    closeSync(createFile(`${base}.log`, options));
  }
  return loadExecution(base, options);
}
