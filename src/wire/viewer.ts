/** The user who asks. */
export interface Viewer {
  /** The user's name at the collector: letters, digits, `_`, `.`, `-`. */
  readonly user: string;
  readonly uid: number;
  /** Sees everybody's executions. */
  readonly admin: boolean;
}
