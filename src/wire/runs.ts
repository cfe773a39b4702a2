import { asCount, asRecord } from "./record.ts";
import { parseRunId } from "./run-id.ts";

/** How many executions there are, and how many are in each state. */
export interface StateCounts {
  readonly executions: number;
  readonly running: number;
  readonly finished: number;
  readonly failed: number;
  readonly lost: number;
}

/** One launch of a job. */
export interface RunSummary extends StateCounts {
  readonly job: string;
  readonly owner: string;
  readonly run: string;
  /** The start of its first execution: RFC 3339, UTC, microseconds. */
  readonly startedAt: string;
  /** The last start or end among its executions. It has ended if none is running. */
  readonly lastAt: string;
}

/** A page of `GET /api/runs`, newest first. `next` is `before=` of the following page. */
export interface RunPage {
  readonly runs: readonly RunSummary[];
  readonly next: string | null;
}

/** Parses a page; skips runs that do not parse. */
export function parseRunPage(value: unknown): RunPage | undefined {
  const record = asRecord(value);
  const list = record?.["runs"];
  if (!Array.isArray(list)) return undefined;
  const next = record?.["next"];
  return { runs: list.flatMap((each) => parseRun(each) ?? []), next: typeof next === "string" ? next : null };
}

function parseRun(value: unknown): RunSummary | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const { job, owner, startedAt, lastAt } = record;
  const run = parseRunId(record["run"]);
  const [executions, running] = [asCount(record["executions"]), asCount(record["running"])];
  const [finished, failed, lost] = [asCount(record["finished"]), asCount(record["failed"]), asCount(record["lost"])];
  if (run === undefined || executions === undefined || running === undefined) return undefined;
  if (finished === undefined || failed === undefined || lost === undefined) return undefined;
  if (typeof job !== "string" || typeof owner !== "string") return undefined;
  if (typeof startedAt !== "string" || typeof lastAt !== "string") return undefined;
  return { job, owner, run, executions, running, finished, failed, lost, startedAt, lastAt };
}
