import type { JSX } from "preact";
import { Component } from "preact";
import { formatCount } from "../../format.ts";
import type { LogRow } from "../feed/log-row.ts";
import { LineText } from "./line-text.tsx";
import type { LineTime } from "./line-time.ts";

/** Properties shared by all rows of a view. The same object as long as none changes. */
export interface RowLook {
  readonly time: LineTime;
  readonly wanted: string;
  /** Labels of the executions, if there are several. */
  readonly labels: readonly NodeLabel[];
  /** The link target of a line number. */
  readonly hrefOf: (row: LogRow) => string;
  readonly onNumber: (row: LogRow, event: MouseEvent) => void;
}

export interface NodeLabel {
  readonly text: string;
  /** 0 to 11: a colour of the style sheet. */
  readonly hue: number;
}

interface RowViewProps {
  readonly row: LogRow;
  readonly look: RowLook;
  readonly marked: boolean;
}

/** One row. Rows are immutable, so only another row or another look redraws it. */
export class RowView extends Component<RowViewProps> {
  override shouldComponentUpdate(next: RowViewProps): boolean {
    const { row, look, marked } = this.props;
    return next.row !== row || next.look !== look || next.marked !== marked;
  }

  override render({ row, look, marked }: RowViewProps): JSX.Element {
    const label = look.labels[row.source];
    const time = look.time.format(row.time);
    return (
      <div class={`row${row.stderr ? " stderr" : ""}${marked ? " marked" : ""}`} data-n={row.n}>
        <span class="gutter">
          <a class="n" href={look.hrefOf(row)} onClick={(event) => look.onNumber(row, event)} tabIndex={-1}>
            {row.n}
          </a>
          {time === "" ? null : (
            <time class="time" dateTime={row.time} title={row.time}>
              {time}
            </time>
          )}
          {label === undefined ? null : (
            <span class={`node-label hue-${label.hue}`} title={label.text}>
              {label.text}
            </span>
          )}
          <span class="stream">{row.stderr ? "err" : ""}</span>
        </span>
        {row.continues ? (
          <span class="continues" title="Goes on from the row above">
            ↪
          </span>
        ) : null}
        <LineText text={row.text} wanted={look.wanted} />
        {row.redraws === 0 ? null : (
          <span class="redraws" title={`Redrawn ${formatCount(row.redraws)} times; this is its last state`}>
            ↻{formatCount(row.redraws)}
          </span>
        )}
      </div>
    );
  }
}

/** A colour for a node, the same at every visit. */
export function hueOf(node: string): number {
  let hash = 7;
  for (let at = 0; at < node.length; at += 1) hash = (hash * 31 + node.charCodeAt(at)) % 65_521;
  return hash % 12;
}
