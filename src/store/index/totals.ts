import type Database from "better-sqlite3";
import type { JobSummary } from "../../wire/api.ts";
import type { NodeSummary } from "../../wire/node-summary.ts";

const MAX_JOBS = 500;
/** Nodes listed at most: as many as may have a relay. */
const MAX_NODES = 4_096;

/** Counts of nodes, jobs and owners in the index, kept by triggers: see `SCHEMA`. */
export class Totals {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  countRunning(owner: string, node: string): number {
    const sql = "SELECT running FROM node_totals WHERE owner = ? AND node = ?";
    return this.#db.prepare<[string, string], { running: number }>(sql).get(owner, node)?.running ?? 0;
  }

  diskBytes(owner: string): number {
    const sql = "SELECT disk_bytes AS bytes FROM owner_totals WHERE owner = ?";
    return this.#db.prepare<[string], { bytes: number }>(sql).get(owner)?.bytes ?? 0;
  }

  nodes(owner: string | undefined): NodeSummary[] {
    return this.#summaries<NodeSummary>(
      `SELECT node, sum(executions) AS executions, sum(running) AS running, max(last_started_at) AS lastStartedAt
       FROM node_totals ${ownedBy(owner)} GROUP BY node ORDER BY node LIMIT ${MAX_NODES}`,
      owner,
    );
  }

  jobs(owner: string | undefined): JobSummary[] {
    return this.#summaries<JobSummary>(
      `SELECT job, owner, runs, executions, running, finished, failed, lost, started_at AS startedAt
       FROM job_totals ${ownedBy(owner)} ORDER BY started_at DESC LIMIT ${MAX_JOBS}`,
      owner,
    );
  }

  /** Owners of a job of this name, at most `limit`. */
  ownersOf(job: string, limit: number): string[] {
    const sql = "SELECT owner FROM job_totals WHERE job = ? ORDER BY owner LIMIT ?";
    const rows = this.#db.prepare<[string, number], { owner: string }>(sql).all(job, limit);
    return rows.map(({ owner }) => owner);
  }

  #summaries<Row>(sql: string, owner: string | undefined): Row[] {
    return this.#db.prepare<unknown[], Row>(sql).all(...(owner === undefined ? [] : [owner]));
  }
}

function ownedBy(owner: string | undefined): string {
  return owner === undefined ? "" : "WHERE owner = ?";
}
