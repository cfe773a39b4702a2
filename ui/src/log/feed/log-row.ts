import type { Span } from "../../../../src/text/screen/row.ts";
import type { Style } from "../../../../src/text/screen/style.ts";

/**
 * The content of one row: a line, or the pieces of one that belong together. Immutable; a piece that
 * arrives later makes a new row.
 */
export interface LogRow {
  readonly kind: "lines";
  /** Index of the execution in the view. */
  readonly source: number;
  /** First and last n in this row. */
  readonly n: number;
  readonly to: number;
  readonly time: string;
  readonly stderr: boolean;
  /** As printed; of a line that is redrawn for long only its last states. */
  readonly text: string;
  /** The look that earlier lines of its stream left on. */
  readonly style: Style;
  /** Earlier states of a line that is redrawn. */
  readonly redraws: number;
  /** The line goes on in the next piece. */
  readonly open: boolean;
  /** An earlier row holds the beginning of this line. */
  readonly continues: boolean;
  /** Where it ends, a line of the other stream of its execution has begun and not ended. */
  readonly besideOpen: boolean;
  /** Of a match: what the search found in it. */
  readonly found?: readonly string[];
  /** Of a long match: bytes of the line before and after `text`. */
  readonly cut?: readonly [before: number, after: number];
  /** It stands only beside a match. */
  readonly isNear?: true;
  /** It stands for the lines of several executions. */
  readonly fold?: Fold;
  /** It is a row of several columns, one for each execution; the earliest of its cells is the row itself. */
  readonly side?: SideBySide;
  /** What a terminal shows of lines that were printed over each other: then `text` has no control characters. */
  readonly screen?: ScreenRow;
}

/** What stands beside each other. */
interface SideBySide {
  readonly head: Item;
  /** By execution; undefined where it has printed nothing there. */
  readonly cells: readonly (Item | undefined)[];
  /** Aligned by text: fewer than half of the executions have printed it. */
  readonly isFew: boolean;
}

/** Lines that several executions have printed, as one row. */
export interface Fold {
  /** The first of them. */
  readonly head: LogRow;
  readonly count: number;
  /** Who has printed it: "node[1-15]". */
  readonly names: string;
  /** They are shown, each in its place. */
  readonly isOpen: boolean;
  /** Most executions have not printed it. */
  readonly isFew: boolean;
}

/** A row of a terminal. */
interface ScreenRow {
  readonly spans: readonly Span[];
  /** What was printed on it, as far as it is loaded. */
  readonly printed: readonly LogRow[];
}

/** Lines of an execution that are not stored or not fetched yet. Precedes the row that follows them. */
export interface HoleRow {
  readonly kind: "hole";
  readonly source: number;
  readonly n: number;
  readonly to: number;
  readonly time: string;
}

export type Item = LogRow | HoleRow;
