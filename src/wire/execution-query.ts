import type { ExecutionState } from "./api.ts";

/** What a list of runs is narrowed to; the newest come first. */
export interface RunQuery {
  readonly owner?: string | undefined;
  readonly job?: string | undefined;
  /** The `next` of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** What a list of executions is narrowed to; the newest come first. */
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
  /** Executions on one page. */
  readonly limit: number;
}
