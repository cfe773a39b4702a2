import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { createFile, createFolder } from "./create-file.ts";
import { loadExecution } from "./load-execution.ts";
import { Sidecar } from "./sidecar.ts";
import { failureCode } from "./storage-error.ts";
import { type Origin, StoredExecution } from "./stored-execution.ts";

/**
 * Makes the files of a new execution. Files that are there already are taken over when they are the same execution's
 * (the collector was killed before it could index them); another one's stay, and the call throws EEXIST.
 */
export function createExecution(
  base: string,
  origin: Origin,
  options: { readonly durable: boolean; readonly nowMs: number },
): StoredExecution {
  createFolder(dirname(base));
  try {
    createFile(`${base}.meta`, options.durable);
  } catch (error) {
    if (failureCode(error) !== "EEXIST") throw error;
    const existing = adopt(base, options);
    if (existing?.origin.keyHash === origin.keyHash) return existing;
    if (existing !== undefined) throw error;
  }
  const sidecar = new Sidecar(`${base}.meta`, options.durable);
  try {
    createFile(`${base}.log`, options.durable);
    sidecar.append({ t: "begin", v: 1, ...origin });
  } catch (error) {
    rmSync(`${base}.log`, { force: true });
    rmSync(`${base}.meta`, { force: true });
    throw error;
  }
  return new StoredExecution({ origin, base, sidecar, nowMs: options.nowMs });
}

/** Loads what is there; a sidecar without BEGIN has no lines yet, so its log may go. */
function adopt(
  base: string,
  options: { readonly durable: boolean; readonly nowMs: number },
): StoredExecution | undefined {
  const existing =
    new Sidecar(`${base}.meta`, options.durable).read().length > 0 ? loadExecution(base, options) : undefined;
  if (existing === undefined) rmSync(`${base}.log`, { force: true });
  return existing;
}
