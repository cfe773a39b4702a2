/** The user who asks. */
export interface Viewer {
  /** The user's name at the collector: letters, digits, `_`, `.`, `-`. */
  readonly user: string;
  readonly uid: number;
  /** Sees everybody's executions. */
  readonly admin: boolean;
}

/**
 * A part of all executions: those for which every member fits. A job comes with its owner, a run with its job; an
 * execution with all of them, and its node.
 */
export interface Seen {
  readonly owner?: string;
  readonly job?: string;
  readonly run?: string;
  readonly x?: string;
  readonly node?: string;
}
