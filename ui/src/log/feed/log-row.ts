import type { Span } from "../../../../src/text/screen/row.ts";
import { PLAIN, type Style } from "../../../../src/text/screen/style.ts";
import type { LogLine } from "../../api-parse.ts";
import type { Item } from "./log-items.ts";

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

/** A longer line continues in another row: a tab must stay able to hold it. */
export const MAX_ROW_CHARACTERS = 2_097_152;
/** Of a line that is redrawn, states are kept up to this length, and then down to the other one. */
const KEPT_STATES = { most: 16_384, least: 4_096 } as const;

export function makeRow(line: LogLine, source: number): LogRow {
  const { n, time, stderr, fragment, text } = line;
  return {
    kind: "lines",
    source,
    n,
    to: n,
    time,
    stderr,
    text: lastStates(text),
    style: PLAIN,
    redraws: statesBegun("", text),
    open: fragment,
    continues: false,
  };
}

/**
 * Puts `row` behind `before`: as one row if the line goes on (a prompt, a row of dots, a progress bar), else as two.
 * The result's last row is the one to join next.
 */
export function joinRow(before: LogRow | undefined, row: LogRow): { readonly joined: boolean; readonly row: LogRow } {
  if (before === undefined || !before.open || before.source !== row.source) return { joined: false, row };
  if (before.to + 1 !== row.n || before.stderr !== row.stderr) return { joined: false, row };
  const text = lastStates(before.text + row.text);
  if (text.length > MAX_ROW_CHARACTERS) return { joined: false, row: { ...row, continues: true } };
  const redraws = before.redraws + statesBegun(before.text, row.text);
  return { joined: true, row: { ...before, to: row.to, text, redraws, open: row.open } };
}

/** All states of a redrawn row, as far as they are kept; the last one is what it shows. */
export function earlierStates({ text, screen }: LogRow): readonly string[] {
  if (screen !== undefined) return screen.printed.map((row) => row.text);
  return text.split("\r").filter((state) => state !== "");
}

/** The last states of a redrawn line, from a CR on, so that a bar that runs for hours stays one small row. */
function lastStates(text: string): string {
  if (text.length <= KEPT_STATES.most) return text;
  const from = text.indexOf("\r", text.length - KEPT_STATES.least);
  return from < 0 || from === text.length - 1 ? text : text.slice(from);
}

/** How many states a piece begins behind `before`. A CR at the end only moves the cursor: CRLF, or a bar that ends so. */
function statesBegun(before: string, piece: string): number {
  if (!piece.includes("\r") && !before.endsWith("\r")) return 0;
  const text = before.endsWith("\r") ? `\r${piece}` : piece;
  const begun = text.match(/\r+(?=[^\r])/g)?.length ?? 0;
  const isFirst = text.startsWith("\r") && !/[^\r]/.test(before);
  return isFirst && begun > 0 ? begun - 1 : begun;
}
