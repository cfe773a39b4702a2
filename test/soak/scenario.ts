/** How much of a fault is injected into how much output. */
export interface Size {
  /** Over all nodes. */
  readonly lines: number;
  readonly injections: number;
  /** How long a fault that lasts is kept up, where the case does not watch for its effect. */
  readonly holdMs: number;
}

/** What was done, and what was counted in the collector's files and asked of its API afterwards. */
export interface Verdict {
  /** Made while output was still on its way. */
  readonly injections: number;
  readonly lines: number;
  readonly isExactlyOnce: boolean;
  readonly isInOrder: boolean;
  readonly isComplete: boolean;
  /** Whatever else was not as promised. */
  readonly problems: readonly string[];
}

/** One fault, written once: its short form is a test, its long one a case of `npm run soak`. */
export interface Scenario {
  readonly name: string;
  readonly short: Size;
  readonly long: Size;
  readonly needsRoot?: boolean;
  run(size: Size): Promise<Verdict>;
}
