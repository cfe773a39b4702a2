import { join } from "node:path";
import type { Chunk } from "../frame/chunk.ts";
import type { SlotIdentity } from "../frame/slot-identity.ts";
import { LoopTurns } from "../host/loop-turns.ts";
import type { Execution, ExecutionName, ExecutionPage, JobSummary } from "../wire/api.ts";
import type { Board } from "../wire/board.ts";
import type { ExecutionQuery, RunQuery } from "../wire/execution-query.ts";
import type { NodeSummary } from "../wire/node-summary.ts";
import type { RunLinesPage, RunLinesQuery } from "../wire/run-lines.ts";
import type { RunTimes } from "../wire/run-times.ts";
import type { RunPage } from "../wire/runs.ts";
import type { StreamLooks } from "../wire/stream-looks.ts";
import type { StreamName } from "../wire/stream-name.ts";
import type { UserMismatch } from "../wire/user-mismatch.ts";
import type { Viewer } from "../wire/viewer.ts";
import { RunBoards } from "./board/run-boards.ts";
import { type OpenPieces, openPieces } from "./execution/open-pieces.ts";
import { openWhole } from "./execution/open-whole.ts";
import { printedBytes, readChunks } from "./execution/read-chunks.ts";
import type { IndexDb } from "./index/index-db.ts";
import type { IndexRow } from "./index/index-row.ts";
import { ExecutionLooks } from "./looks/execution-looks.ts";
import { RunLines } from "./merged/run-lines.ts";
import type { Store } from "./store.ts";
import type { Loaded } from "./table/load-in-turns.ts";
import { RunTimesReader } from "./times/run-times.ts";
import { mayName, ownerFilter, ownerIn } from "./viewer-scope.ts";
import { type NamedRun, VisibleRows } from "./visible-rows.ts";

/** Bytes of a download per step: full of the shortest lines, they take a millisecond. */
const RAW_STEP_BYTES = 131_072;
/** Steps of one search; the index examines 1,000 executions in each. The next page continues after them. */
const MAX_SEARCH_STEPS = 20;

/**
 * The reading half of the store. Every request names its viewer, who sees what VisibleRows returns. If an execution is
 * named without its owner and the viewer sees those of several owners, the request rejects with SeveralOwnersError.
 */
export class Archive {
  readonly #store: Store;
  readonly #indexDb: IndexDb;
  readonly #rows: VisibleRows;
  /** Lists and reads of all users take turns: each may be megabytes. */
  readonly #turns = new LoopTurns();
  readonly #boards: RunBoards;
  readonly #runLines: RunLines;
  readonly #runTimes: RunTimesReader;
  readonly #looks: ExecutionLooks;

  constructor(store: Store, indexDb: IndexDb) {
    this.#store = store;
    this.#indexDb = indexDb;
    this.#rows = new VisibleRows(indexDb);
    const hold = (row: SlotIdentity) => store.inUse.take(row);
    const { slots, logsDir } = store;
    const ofRuns = { runs: indexDb.runs, slots, logsDir, nowMs: () => store.nowMs(), hold };
    this.#boards = new RunBoards(ofRuns);
    this.#runTimes = new RunTimesReader(ofRuns);
    this.#runLines = new RunLines(ofRuns);
    this.#looks = new ExecutionLooks({ hold });
  }

  async list(viewer: Viewer, query: ExecutionQuery): Promise<ExecutionPage> {
    if (!mayName(viewer, query.owner)) return { executions: [], next: null };
    const owner = query.run === undefined ? ownerIn(viewer, query) : this.#rows.ownerOfJob(viewer, query);
    const { executions, next } = await this.#search(viewer, { ...query, owner });
    const refused = this.#store.refusedOf(viewer.user);
    return refused === undefined ? { executions, next } : { executions, next, refused };
  }

  async get(viewer: Viewer, name: ExecutionName): Promise<Execution | undefined> {
    const row = this.#rows.find(viewer, name);
    return row === undefined ? undefined : (await this.#load(row))?.summary();
  }

  async read(
    viewer: Viewer,
    at: ExecutionName & { from: number; maxLines: number; maxBytes: number },
  ): Promise<readonly Chunk[]> {
    const row = this.#rows.find(viewer, at);
    if (row === undefined) return [];
    const release = this.#store.inUse.take(row);
    try {
      const execution = await this.#load(row);
      return execution === undefined ? [] : await readChunks(execution, at, this.#turns);
    } finally {
      release();
    }
  }

  /** The looks of both streams before line `n`. Null: not known yet. Undefined: the viewer has no such execution. */
  async looks(viewer: Viewer, at: ExecutionName & { n: number }): Promise<StreamLooks | null | undefined> {
    const row = this.#rows.find(viewer, at);
    return (
      row &&
      this.#looks.before({ identity: row, owner: row.execution.owner, n: at.n, load: async () => this.#load(row) })
    );
  }

  /**
   * Stored lines from number `from` on, to number `to` at most, in open files; the caller closes them. `listed`: the execution
   * as `list` returned it, which saves looking it up.
   */
  async open(
    viewer: Viewer,
    at: ExecutionName & { from: number; to?: number; listed?: Execution },
  ): Promise<OpenPieces | undefined> {
    const row = this.#rows.listed(viewer, at.listed) ?? this.#rows.find(viewer, at);
    if (row === undefined) return undefined;
    const release = this.#store.inUse.take(row);
    try {
      const open = this.#openWhole(row, at) ?? (await this.#openLoaded(row, at));
      if (open === undefined) {
        release();
        return undefined;
      }
      const close = (): void => {
        open.close();
        release();
      };
      return { ...open, close };
    } catch (error) {
      release();
      throw error;
    }
  }

  #openWhole(row: IndexRow, { from, to }: { from: number; to?: number }): OpenPieces | undefined {
    const { isOpen, execution, base } = row;
    const isAll = from <= 1 && (to === undefined || to >= execution.lastN);
    if (!isAll || isOpen || !this.#store.slots.isAsIndexed(row)) return undefined;
    return openWhole(join(this.#store.logsDir, base), execution);
  }

  async #openLoaded(row: IndexRow, at: { from: number; to?: number }): Promise<OpenPieces | undefined> {
    const execution = await this.#load(row);
    return execution === undefined ? undefined : openPieces(execution, at);
  }

  /** All bytes come from the execution chosen at the start. */
  async *raw(viewer: Viewer, what: ExecutionName & { stream?: StreamName }): AsyncGenerator<Buffer> {
    const row = this.#rows.find(viewer, what);
    if (row === undefined) return;
    const release = this.#store.inUse.take(row);
    try {
      yield* this.#raw(row, what.stream === undefined ? undefined : what.stream === "stderr");
    } finally {
      release();
    }
  }

  async *#raw(row: IndexRow, isStderr: boolean | undefined): AsyncGenerator<Buffer> {
    let from = 1;
    for (;;) {
      const execution = await this.#load(row);
      const range = { from, maxLines: Number.MAX_SAFE_INTEGER, maxBytes: RAW_STEP_BYTES };
      const chunks = execution === undefined ? [] : await readChunks(execution, range, this.#turns);
      if (chunks.length === 0) return;
      for (const chunk of chunks) {
        yield await this.#turns.run(async () => printedBytes(chunk, isStderr));
        from = chunk.firstN + chunk.count;
      }
    }
  }

  async nodes(viewer: Viewer): Promise<readonly NodeSummary[]> {
    await this.#store.indexStates(ownerFilter(viewer));
    return this.#turns.run(async () => this.#indexDb.totals.nodes(ownerFilter(viewer)));
  }

  async jobs(viewer: Viewer): Promise<readonly JobSummary[]> {
    await this.#store.indexStates(ownerFilter(viewer));
    return this.#turns.run(async () => this.#indexDb.totals.jobs(ownerFilter(viewer)));
  }

  /** A page of runs, newest first. */
  async runs(viewer: Viewer, query: RunQuery): Promise<RunPage> {
    if (!mayName(viewer, query.owner)) return { runs: [], next: null };
    const owner = query.job === undefined ? ownerIn(viewer, query) : this.#rows.ownerOfJob(viewer, query);
    if (query.job !== undefined && owner === undefined) return { runs: [], next: null };
    await this.#store.indexStates(ownerFilter(viewer));
    return this.#turns.run(async () => this.#indexDb.runs.list({ ...query, owner }));
  }

  /** All executions of one run at a glance. Undefined: the viewer has no such run. */
  async board(viewer: Viewer, name: NamedRun): Promise<Board | undefined> {
    const run = this.#rows.run(viewer, name);
    return run === undefined ? undefined : this.#boards.of(run);
  }

  /** How much one run printed when. Undefined: the viewer has no such run. */
  async runTimes(viewer: Viewer, name: NamedRun): Promise<RunTimes | undefined> {
    const run = this.#rows.run(viewer, name);
    return run === undefined ? undefined : this.#runTimes.of(run);
  }

  /** Lines of all executions of a run, or of a job, in order of time. Undefined: the viewer has no such run. */
  async runLines(viewer: Viewer, query: RunLinesQuery): Promise<RunLinesPage | undefined> {
    if (!mayName(viewer, query.owner)) return undefined;
    const owner = this.#rows.ownerOfJob(viewer, query);
    if (owner === undefined) return undefined;
    const { job, run } = query;
    const of = run === undefined ? { owner, job } : { owner, job, run };
    if (this.#indexDb.runs.cells(of, undefined, 1).length === 0) return undefined;
    return this.#runLines.read({ ...query, owner });
  }

  /** Uids that mean a different user on a node; shown to administrators, who can change that. */
  async userMismatches({ admin }: Viewer): Promise<readonly UserMismatch[]> {
    return admin ? this.#store.userMismatches() : [];
  }

  /** Deletes an execution for good, unless it is running. */
  async remove(viewer: Viewer, name: ExecutionName): Promise<"removed" | "running" | "missing"> {
    const row = this.#rows.find(viewer, name);
    return row === undefined ? "missing" : this.#store.remove(row);
  }

  #page(query: ExecutionQuery): { executions: readonly Execution[]; next: string | null; isFull: boolean } {
    const { owner, job, run, node, state, q, before, limit } = query;
    const { rows, next, isFull } = this.#indexDb.executions.list({ owner, job, run, node, state, q, before, limit });
    // A row's lines, bytes and holes may be seconds old, but no search uses them.
    const executions = rows.map((row) => {
      const known = this.#store.slots.known(row)?.summary();
      if (known === undefined) this.#rows.list(row);
      return known ?? row.execution;
    });
    return { executions, next, isFull };
  }

  /** Searches many executions without blocking the event loop. */
  async #search(viewer: Viewer, query: ExecutionQuery): Promise<{ executions: Execution[]; next: string | null }> {
    await this.#store.indexStates(ownerFilter(viewer));
    const executions: Execution[] = [];
    let next = query.before ?? null;
    for (let step = 0; step < MAX_SEARCH_STEPS; step += 1) {
      const wanted = { ...query, before: next ?? undefined, limit: query.limit - executions.length };
      const page = await this.#turns.run(async () => this.#page(wanted));
      executions.push(...page.executions);
      next = page.next;
      if (next === null || page.isFull) break;
    }
    return { executions, next };
  }

  #load(row: IndexRow): Loaded | Promise<Loaded> {
    return this.#store.slots.load(this.#store.slots.get(row));
  }
}
