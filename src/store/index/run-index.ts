import type Database from "better-sqlite3";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Execution } from "../../wire/api.ts";
import type { RunQuery } from "../../wire/execution-query.ts";
import { parseJson } from "../../wire/record.ts";
import type { RunPage, RunSummary } from "../../wire/runs.ts";

/** One launch of one owner's job. */
export interface RunName {
  readonly owner: string;
  readonly job: string;
  readonly run: string;
}

/** A run that the collector has opened, which an execution without a run of its own may join. */
export interface OpenedRun {
  readonly run: string;
  readonly startedAt: string;
  /** The last start or end among its executions. */
  readonly lastAt: string;
  readonly running: number;
}

/** Where to continue in a run's executions, newest first. */
export interface CellPlace {
  readonly startedAt: string;
  readonly x: string;
  readonly node: string;
}

/** One execution of a run, as a board needs it, and where its files are. */
export interface CellRow extends CellPlace, SlotIdentity {
  readonly base: string;
  /** 1: the files may say more than this row. */
  readonly open: number;
  readonly state: string;
  /** Empty while it is running. */
  readonly overAt: string;
  /** JSON of wire's Execution. */
  readonly summary: string;
}

/** Where one rank of a job runs. No node's name has a space. */
export function seatOf({ node, labels }: Pick<Execution, "node" | "labels">): string {
  return `${node} ${labels["rank"] ?? ""}`;
}

/** The runs in the index. Its totals are kept by triggers: see `SCHEMA`. */
export class RunIndex {
  readonly #db: Database.Database;
  readonly #runOf: Database.Statement<[string, string, string], { run: string }>;
  readonly #has: Database.Statement<[string, string, string], unknown>;
  readonly #openedBefore: Database.Statement<[string, string, string], OpenedRun>;
  readonly #openedAfter: Database.Statement<[string, string, string, string], OpenedRun>;
  readonly #lastAt: Database.Statement<[string, string, string, string, string], SlotIdentity & { overAt: string }>;
  readonly #startsIn: Database.Statement<[string, string, string, string, string], unknown>;
  readonly #cells: Database.Statement<[CellsQuery], CellRow>;
  readonly #cellsOfJob: Database.Statement<[CellsQuery], CellRow>;
  readonly #newest: Database.Statement<[string, string, number], { run: string }>;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#runOf = db.prepare(
      "SELECT run FROM executions INDEXED BY by_x WHERE x = ? AND owner = ? AND job = ? AND run <> '' LIMIT 1",
    );
    this.#has = db.prepare("SELECT 1 FROM run_totals WHERE owner = ? AND job = ? AND run = ?");
    const opened = `SELECT run, started_at AS startedAt, last_at AS lastAt, running
      FROM run_totals INDEXED BY opened_runs WHERE owner = ? AND job = ? AND opened = 1`;
    this.#openedBefore = db.prepare(`${opened} AND started_at <= ? ORDER BY started_at DESC LIMIT 1`);
    this.#openedAfter = db.prepare(`${opened} AND started_at > ? AND started_at <= ? ORDER BY started_at LIMIT 1`);
    const seated = "FROM executions INDEXED BY by_seat WHERE owner = ? AND job = ? AND run = ? AND seat = ?";
    this.#lastAt = db.prepare(
      `SELECT node, x, key_hash AS keyHash, over_at AS overAt ${seated} AND started_at <= ?
       ORDER BY started_at DESC LIMIT 1`,
    );
    this.#newest = db.prepare(
      "SELECT run FROM run_totals WHERE owner = ? AND job = ? ORDER BY started_at DESC, run DESC LIMIT ?",
    );
    this.#startsIn = db.prepare(`SELECT 1 ${seated} AND started_at > ? LIMIT 1`);
    const cells = (from: string) => `SELECT node, x, key_hash AS keyHash, started_at AS startedAt, over_at AS overAt,
         base, open, state, summary FROM executions INDEXED BY ${from} AND (started_at, x, node) < (@startedAt, @x, @node)
       ORDER BY started_at DESC, x DESC, node DESC LIMIT @limit`;
    this.#cells = db.prepare(cells("by_run WHERE owner = @owner AND job = @job AND run = @run"));
    this.#cellsOfJob = db.prepare(cells("by_job WHERE owner = @owner AND job = @job"));
  }

  /** The run of an execution of this job, if the index has it. */
  runOf(owner: string, job: string, x: string): string | undefined {
    return this.#runOf.get(x, owner, job)?.run;
  }

  has({ owner, job, run }: RunName): boolean {
    return this.#has.get(owner, job, run) !== undefined;
  }

  /** The newest opened run that began by this time. */
  openedBefore(owner: string, job: string, time: string): OpenedRun | undefined {
    return this.#openedBefore.get(owner, job, time);
  }

  /** The first opened run that began after `time`, and by `until`. */
  openedAfter(
    of: { readonly owner: string; readonly job: string },
    time: string,
    until: string,
  ): OpenedRun | undefined {
    return this.#openedAfter.get(of.owner, of.job, time, until);
  }

  /** The execution that took a seat of a run last, of those that had started by `time`. `overAt`: empty if running. */
  lastAt(
    { owner, job, run }: RunName,
    seat: string,
    time: string,
  ): (SlotIdentity & { readonly overAt: string }) | undefined {
    return this.#lastAt.get(owner, job, run, seat, time);
  }

  /** Whether a seat of a run was taken after `time`. */
  isTakenAfter({ owner, job, run }: RunName, seat: string, time: string): boolean {
    return this.#startsIn.get(owner, job, run, seat, time) !== undefined;
  }

  /** Executions of a run, or of a whole job, newest first, after a place. */
  cells(of: Omit<RunName, "run"> & Partial<RunName>, after: CellPlace = BEFORE_ALL, limit: number): CellRow[] {
    const { startedAt, x, node } = after;
    const { owner, job, run } = of;
    if (run === undefined) return this.#cellsOfJob.all({ owner, job, startedAt, x, node, limit });
    return this.#cells.all({ owner, job, run, startedAt, x, node, limit });
  }

  /** Whether fewer than `newest` runs of its job began after a run. */
  isOfNewest({ owner, job, run }: RunName, newest: number): boolean {
    return this.#newest.all(owner, job, newest).some((each) => each.run === run);
  }

  /** A page of runs, newest first: of a job of one owner, of one owner, or of everybody. */
  list({ owner, job, before, limit }: RunQuery): RunPage {
    const where: string[] = [];
    if (owner !== undefined) where.push("owner = @owner");
    if (job !== undefined) where.push("job = @job");
    const [startedAt, beforeOwner, beforeJob, beforeRun] = parsePlace(before);
    if (beforeRun !== undefined)
      where.push("(started_at, owner, job, run) < (@startedAt, @beforeOwner, @beforeJob, @beforeRun)");
    const condition = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
    const rows = this.#db
      .prepare<[Record<string, unknown>], RunSummary>(
        `SELECT job, owner, run, executions, running, finished, failed, lost, started_at AS startedAt, last_at AS lastAt
         FROM run_totals ${condition} ORDER BY started_at DESC, owner DESC, job DESC, run DESC LIMIT @most`,
      )
      .all({ owner, job, startedAt, beforeOwner, beforeJob, beforeRun, most: limit + 1 });
    const runs = rows.slice(0, limit);
    const last = runs[runs.length - 1];
    return { runs, next: rows.length > limit && last !== undefined ? placeOf(last) : null };
  }
}

interface CellsQuery extends Omit<RunName, "run">, CellPlace {
  readonly run?: string;
  readonly limit: number;
}

/** Times begin with a digit. */
const BEFORE_ALL: CellPlace = { startedAt: "~", x: "", node: "" };

/** Value of `before` to continue after a run. JSON, since a job's name may hold any character. */
function placeOf({ startedAt, owner, job, run }: RunSummary): string {
  return JSON.stringify([startedAt, owner, job, run]);
}

function parsePlace(before: string | undefined): (string | undefined)[] {
  const place = before === undefined ? undefined : parseJson(before);
  return Array.isArray(place) && place.length === 4 && place.every((part) => typeof part === "string") ? place : [];
}
