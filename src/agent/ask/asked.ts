export interface Asked {
  /** The user who asks. */
  readonly uid: number;
  readonly args: readonly string[];
}
