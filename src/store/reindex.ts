import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { RESERVED } from "./disk/log-path.ts";
import { messageOf } from "./disk/storage-error.ts";
import { loadExecution } from "./execution/load-execution.ts";
import { Sidecar } from "./execution/sidecar.ts";
import type { IndexDb } from "./index/index-db.ts";
import type { IndexRow } from "./index/index-row.ts";
import { RunChoice } from "./intake/run-choice.ts";
import type { IntervalSpill } from "./numbers/spilling-intervals.ts";
import { Tombstones } from "./removal/tombstones.ts";

const ROWS_AT_ONCE = 1_000;
/** Sidecars read between checks for signals: about 25 ms of them. */
const SIDECARS_A_TURN = 100;
/** Runs assigned in one transaction, and between checks for signals: a fifth of a second. */
const RUNS_A_TURN = 1_000;

interface ReindexOptions {
  readonly logsDir: string;
  readonly spill: IntervalSpill;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

/** A folder or a sidecar, below `DATA/logs`, and why it is missing from the index. */
interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

/**
 * Rebuilds the index from logs and sidecars, including executions that are still running. They must not be written to
 * meanwhile. Rejects when `signal` is aborted; then the index is not current.
 */
export async function reindex(
  indexDb: IndexDb,
  options: ReindexOptions,
): Promise<{ executions: number; unreadable: Unreadable[] }> {
  indexDb.clear();
  for (const tombstone of new Tombstones(join(options.logsDir, RESERVED.deleted)).all()) {
    indexDb.removeSoon([tombstone], tombstone.deletedAtMs);
  }
  indexDb.commit();
  const unreadable: Unreadable[] = [];
  let sidecars = 0;
  let executions = 0;
  let rows: IndexRow[] = [];
  for (const base of findBases(options.logsDir, unreadable)) {
    sidecars += 1;
    if (sidecars % SIDECARS_A_TURN === 0) await setImmediate(undefined, { signal: options.signal });
    const row = readRow(base, options, unreadable);
    // Skips deleted executions whose files exist after a crash, or from a restored backup.
    if (row === undefined || indexDb.isDeleted(row)) continue;
    executions += 1;
    rows.push(row);
    if (rows.length < ROWS_AT_ONCE) continue;
    indexDb.put(rows);
    rows = [];
  }
  indexDb.put(rows);
  await assignRuns(indexDb, options, unreadable);
  indexDb.markCurrent();
  return { executions, unreadable };
}

/** `<user>/<date>/<name>` of every sidecar. Throws if the logs folder itself cannot be read. */
function* findBases(logsDir: string, unreadable: Unreadable[]): Generator<string> {
  const entriesOf = (path: string) => readdirSync(join(logsDir, path), { withFileTypes: true });
  const readable = (path: string) => {
    try {
      return entriesOf(path);
    } catch (error) {
      unreadable.push({ path, reason: messageOf(error) });
      return [];
    }
  };
  for (const user of entriesOf("").filter((entry) => entry.isDirectory())) {
    if (user.name.startsWith("_")) continue;
    for (const date of readable(user.name).filter((entry) => entry.isDirectory())) {
      const folder = join(user.name, date.name);
      for (const { name } of readable(folder)) {
        if (name.endsWith(".meta")) yield join(folder, name.slice(0, -".meta".length));
      }
    }
  }
}

function readRow(base: string, options: ReindexOptions, unreadable: Unreadable[]): IndexRow | undefined {
  const path = `${base}.meta`;
  try {
    const execution = loadExecution(join(options.logsDir, base), { ...options, durable: false });
    if (execution === undefined) {
      unreadable.push({ path, reason: "no readable BEGIN" });
      return undefined;
    }
    const { node, x, keyHash } = execution.facts;
    const { diskBytes, hasRun, overAt, sealableSinceMs } = execution;
    const files = { base, isOpen: !execution.isSettled, diskBytes, sealableSinceMs };
    const row = { node, x, keyHash, execution: execution.summary(), hasRun, overAt, ...files };
    execution.release();
    return row;
  } catch (error) {
    unreadable.push({ path, reason: messageOf(error) });
    return undefined;
  }
}

/**
 * Chooses the runs of executions stored by earlier versions, as if they began now, in the order of their starts, and
 * notes them in their sidecars, so that the next reindex finds the same.
 */
async function assignRuns(indexDb: IndexDb, options: ReindexOptions, unreadable: Unreadable[]): Promise<void> {
  const choice = new RunChoice({ runs: indexDb.runs, overAt: () => undefined });
  const choose = ({ execution, base }: IndexRow): string => {
    const { owner, job, x, node, labels, startedAt } = execution;
    const run = choice.of({ owner, job, x, node, labels, startedAt });
    const path = `${base}.meta`;
    try {
      new Sidecar(join(options.logsDir, path), false).append({ t: "launch", run });
    } catch (error) {
      unreadable.push({ path, reason: `cannot note its run: ${messageOf(error)}` });
    }
    return run;
  };
  for (;;) {
    const rows = indexDb.executions.withoutRun(RUNS_A_TURN);
    if (rows.length === 0) return;
    indexDb.assignRuns(rows, choose);
    await setImmediate(undefined, { signal: options.signal });
  }
}
