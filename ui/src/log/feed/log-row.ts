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
  /** As printed; for a line redrawn for long only its last states. */
  readonly text: string;
  /** The look that earlier lines of its stream left on. */
  readonly style: Style;
  /** Number of earlier states of a redrawn line. */
  readonly redraws: number;
  /** The line continues in the next piece. */
  readonly open: boolean;
  /** An earlier row holds the beginning of this line. */
  readonly continues: boolean;
  /** Where it ends, a line of its execution's other stream is unfinished. */
  readonly besideOpen: boolean;
  /** For a match: the texts that the search found in it. */
  readonly found?: readonly string[];
  /** For a long match: bytes of the line before and after `text`. */
  readonly cut?: readonly [before: number, after: number];
  /** Shown only as a neighbour of a match. */
  readonly isNear?: true;
  /** It represents lines of several executions. */
  readonly fold?: Fold;
  /** It is a row of several columns, one for each execution; the earliest of its cells is the row itself. */
  readonly side?: SideBySide;
  /** The terminal's row for lines printed over each other: then `text` has no control characters. */
  readonly screen?: ScreenRow;
}

/** Cells beside each other. */
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
  /** The executions that printed it: "node[1-15]". */
  readonly names: string;
  /** The lines are shown, each in its place. */
  readonly isOpen: boolean;
  /** Most executions have not printed it. */
  readonly isFew: boolean;
}

/** A row of a terminal. */
interface ScreenRow {
  readonly spans: readonly Span[];
  /** The loaded rows that were printed on it. */
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
