import type { JSX } from "preact";
import { levelOf } from "../../../../src/text/level/level-of.ts";
import { inside as t } from "../../texts/en/inside.ts";
import type { Item, LogRow } from "../feed/log-row.ts";
import { LineText } from "../view/line-text.tsx";
import type { RowLook, SideCellsProps } from "../view/row-look.ts";

/** The columns of a row. */
export function SideCells({ cells, look }: SideCellsProps): JSX.Element {
  return (
    <span class="side-cells">
      {cells.map((cell, at) => (
        <SideCell key={at} cell={cell} look={look} />
      ))}
    </span>
  );
}

function SideCell({ cell, look }: { cell: Item | undefined; look: RowLook }): JSX.Element {
  if (cell === undefined) return <span class="side-cell side-none" />;
  if (cell.kind === "hole") {
    const lines = cell.to - cell.n + 1;
    return <span class="side-cell side-none">{t.notHere(lines)}</span>;
  }
  return (
    <span
      class={classesOf(cell)}
      title={`${look.labels[cell.source]?.text ?? ""} ${look.time.format(cell.time)}\n${cell.text.slice(0, 1_000)}`}
    >
      <a class="n" href={look.hrefOf(cell)} onClick={(event) => look.onNumber(cell, event)} tabIndex={-1}>
        {cell.n}
      </a>
      <LineText
        row={cell}
        words={look.words}
        found={look.foundIn(cell)}
        isWhole={false}
        onOpen={() => look.onOpen(cell)}
      />
    </span>
  );
}

function classesOf(row: LogRow): string {
  const level = levelOf(row.text);
  const isError = row.stderr && row.redraws === 0;
  return `side-cell${isError ? " side-stderr" : ""}${level === undefined ? "" : ` side-${level}`}`;
}
