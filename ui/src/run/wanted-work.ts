import { FLEET_LIMITS } from "../../../src/wire/fleet/limits.ts";
import type { OrderedFile } from "../../../src/wire/fleet/order.ts";
import type { Work } from "./make-order.ts";

/** The fields of the Run dialogue. */
export interface Wanted {
  readonly nodes: readonly string[];
  /** For `sh -c`; empty: files only. */
  readonly command: string;
  /** Empty: the command's first word. */
  readonly job: string;
  /** Empty: the home folder. */
  readonly folder: string;
  /** Nodes at a time; 0: all at once. */
  readonly batch: number;
}

/** @param files Files that the collector has. */
export function workOf({ nodes, command, job, folder, batch }: Wanted, files: readonly OrderedFile[]): Work {
  return {
    nodes,
    argv: command.trim() === "" ? [] : ["sh", "-c", command],
    cwd: folder,
    env: [],
    job: job || firstWord(command) || "put",
    files,
    seconds: 0,
    memoryBytes: 0,
    killAfterSeconds: FLEET_LIMITS.usualKillAfterSeconds,
    publish: "",
    batch,
    pausesOnFailure: batch > 0,
  };
}

function firstWord(command: string): string {
  return command.trim().split(/\s+/)[0]?.split("/").at(-1)?.slice(0, 64) ?? "";
}
