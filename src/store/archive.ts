import type { Chunk } from "../frame/chunk.ts";
import type { Execution, ExecutionPage, ExecutionState, JobSummary, NodeSummary, StreamName } from "../wire/api.ts";
import type { IndexDb } from "./index-db.ts";
import type { IndexRow } from "./index-row.ts";
import { printedBytes, readLines } from "./read-lines.ts";
import type { Store } from "./store.ts";
import type { StoredExecution } from "./stored-execution.ts";

const RAW_STEP_BYTES = 1_048_576;

/** Who asks. */
export interface Viewer {
  readonly user: string;
  readonly uid: number;
  readonly admin: boolean;
}

export interface ExecutionQuery {
  /** Only this owner's; those of others than the viewer are an administrator's to see. */
  readonly owner?: string | undefined;
  readonly job?: string | undefined;
  readonly node?: string | undefined;
  readonly state?: ExecutionState | undefined;
  readonly q?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/**
 * The reading half of the store. Every question names who asks; what that viewer may not see does not exist for it,
 * and both take the same way through this file.
 */
export class Archive {
  readonly #store: Store;
  readonly #index: IndexDb;

  constructor(store: Store, index: IndexDb) {
    this.#store = store;
    this.#index = index;
  }

  async list(viewer: Viewer, query: ExecutionQuery): Promise<ExecutionPage> {
    this.#store.indexStates(ownerFilter(viewer));
    const { job, node, state, q, before, limit } = query;
    const owner = ownerFilter(viewer) ?? query.owner;
    if (query.owner !== undefined && query.owner !== owner) return { executions: [], next: null };
    const { rows, next } = this.#index.list({ owner, job, node, state, q, before, limit });
    // A row may be seconds old in what nobody searches for: lines, bytes, holes.
    const executions = rows.map((row) => this.#store.slots.known(row)?.summary() ?? row.execution);
    const refused = this.#store.refusedOf(viewer.user);
    return refused === undefined ? { executions, next } : { executions, next, refused };
  }

  async get(viewer: Viewer, x: string, node?: string): Promise<Execution | undefined> {
    return this.#load(viewer, x, node)?.summary();
  }

  async read(
    viewer: Viewer,
    at: { x: string; node: string; from: number; maxLines: number; maxBytes: number },
  ): Promise<readonly Chunk[]> {
    const execution = this.#load(viewer, at.x, at.node);
    return execution === undefined ? [] : readLines(execution, at);
  }

  async *raw(viewer: Viewer, what: { x: string; node: string; stream?: StreamName }): AsyncGenerator<Buffer> {
    const isStderr = what.stream === undefined ? undefined : what.stream === "stderr";
    let from = 1;
    for (;;) {
      const range = { x: what.x, node: what.node, from, maxLines: Number.MAX_SAFE_INTEGER, maxBytes: RAW_STEP_BYTES };
      const chunks = await this.read(viewer, range);
      if (chunks.length === 0) return;
      for (const chunk of chunks) {
        yield printedBytes(chunk, isStderr);
        from = chunk.firstN + chunk.count;
      }
    }
  }

  async nodes(viewer: Viewer): Promise<readonly NodeSummary[]> {
    this.#store.indexStates(ownerFilter(viewer));
    return this.#index.nodes(ownerFilter(viewer));
  }

  async jobs(viewer: Viewer): Promise<readonly JobSummary[]> {
    this.#store.indexStates(ownerFilter(viewer));
    return this.#index.jobs(ownerFilter(viewer));
  }

  /** Takes an execution away for good, unless it runs. */
  async remove(viewer: Viewer, x: string, node?: string): Promise<"removed" | "running" | "missing"> {
    const [row] = this.#index.findById(x, ownerFilter(viewer), node);
    return row === undefined ? "missing" : this.#store.remove(row);
  }

  #load(viewer: Viewer, x: string, node: string | undefined): StoredExecution | undefined {
    const row: IndexRow | undefined = this.#index.findById(x, ownerFilter(viewer), node)[0];
    return row === undefined ? undefined : this.#store.slots.load(this.#store.slots.get(row));
  }
}

function ownerFilter(viewer: Viewer): string | undefined {
  return viewer.admin ? undefined : viewer.user;
}
