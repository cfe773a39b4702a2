/** How much of a fault is injected into how much output. */
export interface Size {
  /** Over all nodes. */
  readonly lines: number;
  readonly injections: number;
  /** Duration of a lasting fault, if the case does not watch for its effect. */
  readonly holdMs: number;
}

/** Injected faults, and the counts from the collector's files and API afterwards. */
export interface Verdict {
  /** Faults injected while output was in transit. */
  readonly injections: number;
  readonly lines: number;
  readonly isExactlyOnce: boolean;
  readonly isInOrder: boolean;
  readonly isComplete: boolean;
  /** Other broken promises. */
  readonly problems: readonly string[];
}

/** Of a case that counts itself: without a problem every promise was kept. */
export function verdictOf(counts: Pick<Verdict, "injections" | "lines" | "problems">): Verdict {
  const isRight = counts.problems.length === 0;
  return { ...counts, isExactlyOnce: isRight, isInOrder: isRight, isComplete: isRight };
}

/** The machine has no means for a case: it is skipped, with this reason. */
export class Unavailable extends Error {
  readonly code = "ML_UNAVAILABLE";
}

/** One fault, written once: its short form is a test, its long one a case of `npm run soak`. */
export interface Scenario {
  readonly name: string;
  readonly short: Size;
  readonly long: Size;
  readonly needsRoot?: boolean;
  /** @param say prints how far it is */
  run(size: Size, say?: (words: string) => void): Promise<Verdict>;
}
