import { safeText } from "../../host/safe-text.ts";
import { columnsOf } from "../../text/screen/cells.ts";
import { cutColumns } from "../../text/screen/cut-columns.ts";
import type { Output } from "./output.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** A number: a part of it would be another one. */
  readonly isRight?: true;
  /** A part of it says nothing: a time, a name that commands take whole. */
  readonly isWhole?: true;
  /** SGR parameters. */
  readonly look?: (row: Row) => string | undefined;
}

interface Table<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** Said to a person where there are no rows. */
  readonly none?: string;
  /** What columns get at least, the first ones. */
  readonly least?: readonly number[];
  /** It goes on with a table, which has the titles. */
  readonly isContinued?: boolean;
}

const GAP = "  ";
/** The last column is free text: it is cut first, as far as this. */
const LEAST_OF_LAST = 10;
/** Then the widest of the others: the beginnings of ids still tell them apart. */
const LEAST_OF_OTHERS = 12;

/**
 * Rows as a table for a person: a title line, aligned, cut where the terminal is too narrow. For a program: fields
 * separated by tabs, without titles, uncut. Fields never hold tabs or line feeds. Resolves with the widths of the columns.
 */
export async function printTable<Row>(output: Output, table: Table<Row>): Promise<readonly number[]> {
  const { rows, columns, none, least = [], isContinued = false } = table;
  const cells = rows.map((row) => columns.map(({ cell }) => safeText(cell(row)).replace(/[\t\n]/g, " ")));
  if (!output.isTerminal) {
    for (const fields of cells) await output.line(fields.join("\t"));
    return [];
  }
  if (rows.length === 0 && none !== undefined && output.say(none)) return [];
  const needed = columns.map(({ title }, i) =>
    Math.max(least[i] ?? 0, title.length, ...cells.map((fields) => columnsOf(fields[i] ?? ""))),
  );
  const widths = fittedWidths(needed, columns, output.columns);
  const print = async (fields: readonly string[], row?: Row): Promise<void> => {
    const texts = fields.map((field, i) => {
      const text = placed(field, { width: widths[i] ?? 0, isRight: columns[i]?.isRight });
      const look = row === undefined ? "1" : columns[i]?.look?.(row);
      return look === undefined ? text : output.painted(i === fields.length - 1 ? text.trimEnd() : text, look);
    });
    await output.line(texts.join(GAP).trimEnd());
  };
  if (!isContinued) await print(columns.map(({ title }) => title));
  for (const [i, fields] of cells.entries()) await print(fields, rows[i]);
  return widths;
}

/** Exactly so wide. */
function placed(
  text: string,
  { width, isRight }: { readonly width: number; readonly isRight: true | undefined },
): string {
  const shown = columnsOf(text) > width ? `${cutColumns(text, { from: 0, to: width - 1 })}…` : text;
  const padding = " ".repeat(Math.max(0, width - columnsOf(shown)));
  return isRight === true ? padding + shown : shown + padding;
}

/** What columns get of a row that has room for so much. A terminal that is narrower still wraps them. */
function fittedWidths<Row>(
  needed: readonly number[],
  columns: readonly Column<Row>[],
  room: number,
): readonly number[] {
  const widths = [...needed];
  const mayCut = columns.map(({ isRight, isWhole }) => isRight !== true && isWhole !== true);
  const excess = (): number => widths.reduce((sum, width) => sum + width, (widths.length - 1) * GAP.length) - room;
  const last = widths.length - 1;
  const ofLast = widths[last] ?? 0;
  if (mayCut[last] === true) widths[last] = Math.min(ofLast, Math.max(LEAST_OF_LAST, ofLast - Math.max(0, excess())));
  while (excess() > 0) {
    const widest = widths.reduce(
      (best, width, i) => (i < last && mayCut[i] === true && width > (widths[best] ?? 0) ? i : best),
      -1,
    );
    const width = widths[widest] ?? 0;
    if (width <= LEAST_OF_OTHERS) break;
    widths[widest] = width - 1;
  }
  return widths;
}
