import { closeSync, rmSync, statSync } from "node:fs";
import { createForAppend } from "../disk/create-file.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { failureCode } from "../disk/storage-error.ts";
import { sealedPaths } from "../sealed/sealed-files.ts";
import type { Facts } from "./facts.ts";
import { type LoadOptions, loadExecution } from "./load-execution.ts";
import { Sidecar } from "./sidecar.ts";
import { StoredExecution } from "./stored-execution.ts";

interface CreateOptions extends LoadOptions {
  readonly files: OpenFiles;
}

/**
 * Creates the files of a new execution in an existing folder: the sidecar with its BEGIN, then the empty log. Reuses
 * existing files of the same execution (a killed collector had not indexed them); those of another stay, and the call
 * throws EEXIST.
 */
export function createExecution(base: string, facts: Facts, options: CreateOptions): StoredExecution {
  const { durable, spill, files, nowMs } = options;
  const sidecar = new Sidecar(`${base}.meta`, durable);
  const execution = new StoredExecution({ facts, base, sidecar, spill, nowMs });
  try {
    createSidecar(sidecar, facts);
    files.adopt(execution.logs.main, createForAppend(execution.logs.main.path, { durable }));
    return execution;
  } catch (error) {
    const existing = failureCode(error) === "EEXIST" ? adopt(base, options) : undefined;
    if (existing?.facts.keyHash !== facts.keyHash) throw error;
    return existing;
  }
}

/** Creates the sidecar; replaces one whose BEGIN a crash or a full disk cut short. */
function createSidecar(sidecar: Sidecar, facts: Facts): void {
  const content = `${JSON.stringify({ t: "begin", v: 1, ...facts })}\n`;
  const create = () => {
    closeSync(createForAppend(sidecar.path, { durable: sidecar.durable, content }));
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
  const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (!isThere(`${base}.log`) && !isThere(sealedPaths(base).log)) {
    closeSync(createForAppend(`${base}.log`, options));
  }
  return loadExecution(base, options);
}
