import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { IndexDb } from "./index-db.ts";
import type { IndexRow } from "./index-row.ts";
import { loadExecution } from "./load-execution.ts";
import { RESERVED } from "./log-path.ts";
import type { IntervalSpill } from "./spilling-intervals.ts";
import { Tombstones } from "./tombstones.ts";

const ROWS_AT_ONCE = 1_000;

/**
 * Makes the index anew from logs and sidecars, executions that are still running included.
 *
 * @returns How many executions were indexed, and the files that could not be read, without their endings.
 */
export function reindex(
  index: IndexDb,
  options: { readonly logsDir: string; readonly spill: IntervalSpill; readonly nowMs: number },
): { executions: number; unreadable: string[] } {
  index.clear();
  for (const tombstone of new Tombstones(join(options.logsDir, RESERVED.deleted)).all()) {
    index.remove(tombstone, tombstone.deletedAtMs);
  }
  const unreadable: string[] = [];
  let executions = 0;
  let rows: IndexRow[] = [];
  for (const base of findBases(options.logsDir)) {
    const row = readRow(base, options);
    if (row === undefined) {
      unreadable.push(base);
      continue;
    }
    // Files that were deleted and are there nevertheless: a crash, or a backup that was put back.
    if (index.isDeleted(row)) continue;
    executions += 1;
    rows.push(row);
    if (rows.length < ROWS_AT_ONCE) continue;
    index.put(rows);
    rows = [];
  }
  index.put(rows);
  index.markCurrent();
  return { executions, unreadable };
}

/** `<user>/<date>/<name>` of every sidecar. */
function* findBases(logsDir: string): Generator<string> {
  for (const user of folders(logsDir)) {
    if (user.startsWith("_")) continue;
    for (const date of folders(join(logsDir, user))) {
      for (const name of readdirSync(join(logsDir, user, date))) {
        if (name.endsWith(".meta")) yield join(user, date, name.slice(0, -".meta".length));
      }
    }
  }
}

function folders(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

function readRow(
  base: string,
  options: { readonly logsDir: string; readonly spill: IntervalSpill; readonly nowMs: number },
): IndexRow | undefined {
  try {
    const execution = loadExecution(join(options.logsDir, base), { ...options, durable: false });
    if (execution === undefined) return undefined;
    const { node, x, keyHash } = execution.origin;
    const { diskBytes } = execution;
    const row = { node, x, keyHash, base, execution: execution.summary(), isOpen: !execution.isSettled, diskBytes };
    execution.release();
    return row;
  } catch {
    return undefined;
  }
}
