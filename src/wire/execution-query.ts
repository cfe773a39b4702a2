import type { ExecutionState } from "./api.ts";

/** Filter of a list of runs, newest first. */
export interface RunQuery {
  readonly owner?: string | undefined;
  readonly job?: string | undefined;
  /** The `next` of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Filter of a list of executions, newest first. */
export interface ExecutionQuery {
  /** Only this owner's executions; only administrators may name another owner. */
  readonly owner?: string | undefined;
  readonly job?: string | undefined;
  /** Only with a job: only this run of it. */
  readonly run?: string | undefined;
  readonly node?: string | undefined;
  readonly state?: ExecutionState | undefined;
  /** Words to search for. */
  readonly q?: string | undefined;
  /** The `next` of the page before. */
  readonly before?: string | undefined;
  /** Executions per page. */
  readonly limit: number;
}
