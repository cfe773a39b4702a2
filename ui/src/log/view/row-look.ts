import type { JSX } from "preact";
import type { Word } from "../../text/text-matches.ts";
import type { Item, LogRow } from "../feed/log-row.ts";
import type { RowPlace } from "../feed/row-order.ts";
import type { LineTime } from "./line-time.ts";

/** Properties shared by all rows of a view. The same object as long as none changes. */
export interface RowLook {
  readonly time: LineTime;
  /** Texts to mark in all rows. */
  readonly words: readonly Word[];
  /** Texts to mark in one row, where an expression matched; the same object until they change. */
  readonly foundIn: (row: LogRow) => readonly string[];
  /** In a list of matches: shows or hides the lines around one. */
  readonly near: { readonly toggle: (row: LogRow) => void; readonly isShown: (row: LogRow) => boolean } | undefined;
  /** Labels of the executions, if there are several. */
  readonly labels: readonly NodeLabel[];
  /** The link target of a line number. */
  readonly hrefOf: (row: LogRow) => string;
  /** Shows all of a long line. */
  readonly onOpen: (row: LogRow) => void;
  /** Shows or hides the lines under their head. */
  readonly onFold: (head: LogRow) => void;
  /** Shows or hides the lines that a row represents. */
  readonly onGroup: (head: LogRow) => void;
  /** Draws the columns of a row, in a side by side view. */
  readonly sideCells: ((props: SideCellsProps) => JSX.Element) | undefined;
  /** Shows all states of a redrawn line, or the tree of a JSON line. */
  readonly onInside: (row: LogRow) => void;
  /** Marks a line, or all lines of its execution from the marked one to it; again takes the mark away. */
  readonly onMark: (row: RowPlace, isRange: boolean) => void;
  /** The same after a click on its number. */
  readonly onNumber: (row: LogRow, event: MouseEvent) => void;
}

export interface NodeLabel {
  readonly text: string;
  /** 0 to 11: a colour of the style sheet. */
  readonly hue: number;
}

export interface SideCellsProps {
  readonly cells: readonly (Item | undefined)[];
  readonly look: RowLook;
}
