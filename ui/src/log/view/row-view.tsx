import type { JSX } from "preact";
import { Component } from "preact";
import { levelOf } from "../../../../src/text/level/level-of.ts";
import { formatBytes, formatCount } from "../../format.ts";
import { log as t } from "../../texts/en/log.ts";
import type { Fold, LogRow } from "../feed/log-row.ts";
import type { HeadFold } from "../feed/trace-folds.ts";
import { isJsonLine } from "./json-line.ts";
import { LineText } from "./line-text.tsx";
import type { RowLook } from "./row-look.ts";

interface RowViewProps {
  readonly row: LogRow;
  readonly look: RowLook;
  readonly marked: boolean;
  readonly current: boolean;
  readonly found: readonly string[];
  /** Whether a long line is shown whole. */
  readonly isWhole: boolean;
  /** The day that begins with this row. */
  readonly newDay: string | undefined;
  /** The stack trace or group under this row. */
  readonly fold: HeadFold | undefined;
}

/** One row. Rows are immutable, so only another row or another look redraws it. */
export class RowView extends Component<RowViewProps> {
  override shouldComponentUpdate(next: RowViewProps): boolean {
    const { row, look, marked, current, found, isWhole, newDay, fold } = this.props;
    const isSame = next.row === row && next.look === look && next.marked === marked;
    const isShownSame =
      next.current === current && next.isWhole === isWhole && next.newDay === newDay && isSameFold(next.fold, fold);
    return !isSame || !isShownSame || next.found !== found;
  }

  override render({ row, look, marked, current, found, isWhole, newDay, fold }: RowViewProps): JSX.Element {
    const label = look.labels[row.source];
    const time = look.time.format(row.time);
    const { sideCells: Cells } = look;
    if (row.side !== undefined && Cells !== undefined) {
      return (
        <div class={`row side${current ? " current" : ""}${row.side.isFew ? " few" : ""}`} data-n={row.n}>
          <span class="gutter">
            {time === "" ? null : <time class="time">{look.time.format(row.side.head.time)}</time>}
          </span>
          <Cells cells={row.side.cells} look={look} />
        </div>
      );
    }
    return (
      <div class={classesOf(row, { marked, current, isNewDay: newDay !== undefined })} data-n={row.n}>
        <span class="gutter">
          <a class="n" href={look.hrefOf(row)} onClick={(event) => look.onNumber(row, event)} tabIndex={-1}>
            {row.n}
          </a>
          {time === "" ? null : (
            <time class="time" dateTime={row.time} title={row.time}>
              {time}
            </time>
          )}
          {row.fold !== undefined ? (
            <FoldLabel fold={row.fold} onGroup={look.onGroup} />
          ) : label === undefined ? null : (
            <span class={`node-label hue-${label.hue}`} title={label.text}>
              {label.text}
            </span>
          )}
          <span class="stream">{row.stderr && !isProgress(row) ? "err" : ""}</span>
          {look.near === undefined ? null : <NearButton row={row} near={look.near} />}
        </span>
        {newDay === undefined ? null : <span class="day">{newDay}</span>}
        {row.continues ? (
          <span class="continues" title={t.continues}>
            ↪
          </span>
        ) : null}
        {row.cut === undefined || row.cut[0] === 0 ? null : <span class="cut">…{formatBytes(row.cut[0])} </span>}
        <LineText
          row={row}
          words={look.words}
          found={found}
          isWhole={isWhole || current}
          onOpen={() => look.onOpen(row)}
          tail={tailOf({ row, look, fold })}
        />
        {row.cut === undefined || row.cut[1] === 0 ? null : <span class="cut">{formatBytes(row.cut[1])}…</span>}
        {row.redraws === 0 ? null : (
          <button
            type="button"
            class="redraws"
            title={t.redrawn(formatCount(row.redraws))}
            onClick={() => look.onInside(row)}
          >
            ↻{formatCount(row.redraws)}
          </button>
        )}
      </div>
    );
  }
}

/** Null for most rows, which need no tail. */
function tailOf({ row, look, fold }: Pick<RowViewProps, "row" | "look" | "fold">): JSX.Element | null {
  const isJson = isJsonLine(row);
  if (fold === undefined && !isJson) return null;
  return (
    <>
      {fold === undefined ? null : <FoldButton fold={fold} onFold={look.onFold} />}
      {isJson ? (
        <button type="button" class="more" title={t.jsonTree} onClick={() => look.onInside(row)}>
          {"{ }"}
        </button>
      ) : null}
    </>
  );
}

/** The executions that printed a line; a label for several opens into their lines. */
function FoldLabel({ fold, onGroup }: { fold: Fold; onGroup: RowLook["onGroup"] }): JSX.Element {
  const { head, names, count, isOpen } = fold;
  if (count === 1)
    return (
      <span class="node-label" title={names}>
        {names}
      </span>
    );
  return (
    <button
      type="button"
      class="node-label fold-label"
      aria-expanded={isOpen}
      title={isOpen ? t.foldThem(names, formatCount(count)) : t.showEach(names, formatCount(count))}
      onClick={() => onGroup(head)}
    >
      {isOpen ? "− " : ""}
      {names}
    </button>
  );
}

function NearButton({ row, near }: { row: LogRow; near: NonNullable<RowLook["near"]> }): JSX.Element {
  if (row.isNear === true) return <span class="near" />;
  const isShown = near.isShown(row);
  return (
    <button
      type="button"
      class="near"
      aria-expanded={isShown}
      title={isShown ? t.hideAround : t.showAround}
      aria-label={t.around(row.n)}
      onClick={() => near.toggle(row)}
    >
      {isShown ? "−" : "+"}
    </button>
  );
}

function FoldButton({ fold, onFold }: { fold: HeadFold; onFold: RowLook["onFold"] }): JSX.Element {
  const { of, head, rows, isOpen } = fold;
  return (
    <button type="button" class="more" aria-expanded={isOpen} onClick={() => onFold(head)}>
      {(isOpen ? t.hideFold : t.showFold)(formatCount(rows.length), t.ofFold[of])}
    </button>
  );
}

function isSameFold(a: HeadFold | undefined, b: HeadFold | undefined): boolean {
  return a?.of === b?.of && a?.rows.length === b?.rows.length && a?.isOpen === b?.isOpen;
}

/** Whether a line is redrawn and so shows progress, which on stderr is no error either. */
function isProgress({ redraws, text }: LogRow): boolean {
  return redraws > 0 || text.startsWith("\r");
}

function classesOf(
  row: LogRow,
  { marked, current, isNewDay }: { marked: boolean; current: boolean; isNewDay: boolean },
): string {
  const names = ["row"];
  const level = levelOf(row.text);
  if (row.stderr && !isProgress(row)) names.push("stderr");
  if (level !== undefined) names.push(`level-${level}`);
  if (isNewDay) names.push("new-day");
  if (marked) names.push("marked");
  if (current) names.push("current");
  if (row.isNear === true) names.push("beside");
  if (row.fold !== undefined) names.push(row.fold.isFew ? "few" : "many");
  return names.join(" ");
}
