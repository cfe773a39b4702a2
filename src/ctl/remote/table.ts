import { safeText } from "../../host/safe-text.ts";
import { columnsOf } from "../../text/screen/cells.ts";
import type { Output } from "./output.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly isRight?: true;
  /** SGR parameters. */
  readonly look?: (row: Row) => string | undefined;
}

/**
 * Rows as a table for a person: a title line, aligned, the last column cut at the terminal's edge. For a program: fields
 * separated by tabs, without titles, uncut. Fields never hold tabs or line feeds.
 */
export async function printTable<Row>(
  output: Output,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): Promise<void> {
  const cells = rows.map((row) => columns.map(({ cell }) => safeText(cell(row)).replace(/[\t\n]/g, " ")));
  if (!output.isTerminal) {
    for (const fields of cells) await output.line(fields.join("\t"));
    return;
  }
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((fields) => columnsOf(fields[i] ?? ""))),
  );
  const aligned = (fields: readonly string[]): string[] =>
    fields.map((field, i) => {
      if (i === fields.length - 1) return field;
      const padding = " ".repeat(Math.max(0, (widths[i] ?? 0) - columnsOf(field)));
      return columns[i]?.isRight === true ? padding + field : field + padding;
    });
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const room = Math.max(10, output.columns - before);
  const print = async (fields: readonly string[], row?: Row): Promise<void> => {
    const texts = aligned(fields).map((text, i) => {
      const cut = i === fields.length - 1 && text.length > room ? `${text.slice(0, room - 1)}…` : text;
      const look = row === undefined ? "1" : columns[i]?.look?.(row);
      return look === undefined ? cut : output.painted(cut, look);
    });
    await output.line(texts.join("  ").trimEnd());
  };
  await print(columns.map(({ title }) => title));
  for (const [i, fields] of cells.entries()) await print(fields, rows[i]);
}
