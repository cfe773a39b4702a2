import type { Execution, ExecutionName } from "../wire/api.ts";
import { SeveralOwnersError } from "../wire/several-owners-error.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { IndexDb } from "./index/index-db.ts";
import type { IndexRow } from "./index/index-row.ts";
import type { RunName } from "./index/run-index.ts";
import { mayName, ownerIn } from "./viewer-scope.ts";

/** Owners of one job that a refusal names. */
const MAX_OWNERS = 100;

/** One run; without an owner, of the only user who has such a job. */
export interface NamedRun {
  readonly job: string;
  readonly run: string;
  readonly owner: string | undefined;
}

/**
 * Finds rows for a viewer. Rows that the viewer may not see look missing, and both cases take the same path through
 * this file. A name that fits several owners throws a SeveralOwnersError rather than choose one.
 */
export class VisibleRows {
  readonly #indexDb: Pick<IndexDb, "executions" | "runs" | "totals">;
  /** Rows by listed execution, for as long as that is referenced. */
  readonly #listed = new WeakMap<Execution, IndexRow>();

  constructor(indexDb: Pick<IndexDb, "executions" | "runs" | "totals">) {
    this.#indexDb = indexDb;
  }

  find(viewer: Viewer, { x, node, owner }: ExecutionName): IndexRow | undefined {
    if (!mayName(viewer, owner)) return undefined;
    const rows = this.#indexDb.executions.byId(x, ownerIn(viewer, { owner }), node);
    const owners = new Set(rows.map(({ execution }) => execution.owner));
    if (owners.size > 1) throw new SeveralOwnersError(`execution ${x}`, [...owners].sort());
    return rows[0];
  }

  /** Remembers the row of a listed execution. */
  list(row: IndexRow): void {
    this.#listed.set(row.execution, row);
  }

  /** The row of an execution as it was listed. It may have changed since. */
  listed(viewer: Viewer, execution: Execution | undefined): IndexRow | undefined {
    return execution !== undefined && mayName(viewer, execution.owner) ? this.#listed.get(execution) : undefined;
  }

  run(viewer: Viewer, name: NamedRun): RunName | undefined {
    if (!mayName(viewer, name.owner)) return undefined;
    const owner = this.ownerOfJob(viewer, name);
    if (owner === undefined) return undefined;
    const run = { ...name, owner };
    return this.#indexDb.runs.has(run) ? run : undefined;
  }

  /** The only owner of this job: the index finds runs by owner and job. */
  ownerOfJob(
    viewer: Viewer,
    query: { readonly owner?: string | undefined; readonly job?: string | undefined },
  ): string | undefined {
    const named = ownerIn(viewer, query);
    if (named !== undefined || query.job === undefined) return named;
    const owners = this.#indexDb.totals.ownersOf(query.job, MAX_OWNERS);
    if (owners.length > 1) throw new SeveralOwnersError(`job ${query.job}`, owners);
    return owners[0];
  }
}
