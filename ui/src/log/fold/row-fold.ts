import { withoutNumbers, withRanges } from "../../../../src/text/fold/number-ranges.ts";
import { formatNodeRange } from "../../../../src/text/nodes/node-range.ts";
import { plainText } from "../../text/segments.ts";
import type { Item, LogRow } from "../feed/log-row.ts";

/** Groups of one kind of line that may still grow: a rank this many lines behind the others begins a new one. */
const MAX_GROWING = 64;
/** A line stands out if fewer than this part of the executions printed it. */
const FEW_PART = 0.5;

interface Group {
  readonly head: LogRow;
  readonly members: LogRow[];
  readonly sources: Set<number>;
}

export interface RowFoldOptions {
  /** The name of an execution in the gutter. */
  readonly nameOf: (source: number) => string;
  /** Executions in the view. */
  readonly sources: number;
}

/**
 * Folds lines that many executions print, even with others between them: one row for each line, with the executions
 * that printed it, and the ranges of numbers that differ. An execution that prints such a line again begins, or joins,
 * the next row. Nothing is lost: a row opens into its lines, each in its own place.
 */
export class RowFold {
  readonly #keys = new WeakMap<LogRow, { readonly text: string; readonly key: string }>();
  readonly #made = new WeakMap<LogRow, { readonly count: number; readonly row: LogRow }>();
  readonly #opened = new WeakSet<LogRow>();

  /** Shows or hides the lines of a row. */
  toggle(head: LogRow): void {
    if (!this.#opened.delete(head)) this.#opened.add(head);
  }

  fold(items: readonly Item[], options: RowFoldOptions): readonly Item[] {
    const groups = new Map<LogRow, Group>();
    const growing = new Map<string, Group[]>();
    const folded = new Set<Item>();
    for (const item of items) {
      if (item.kind === "hole") continue;
      const { text, key } = this.#keyOf(item);
      const ofKind = growing.get(key) ?? [];
      if (ofKind.length === 0) growing.set(key, ofKind);
      const free = ofKind.filter(({ sources }) => !sources.has(item.source));
      const group = free.find(({ head }) => this.#keyOf(head).text === text) ?? free[0];
      if (group === undefined) {
        const begun = { head: item, members: [item], sources: new Set([item.source]) };
        groups.set(item, begun);
        ofKind.push(begun);
        if (ofKind.length > MAX_GROWING) ofKind.shift();
        continue;
      }
      group.members.push(item);
      group.sources.add(item.source);
      if (!this.#opened.has(group.head)) folded.add(item);
    }
    return items.flatMap((item): readonly Item[] => {
      if (item.kind === "hole") return [item];
      if (folded.has(item)) return [];
      const group = groups.get(item);
      return group === undefined ? [item] : [this.#row(group, options)];
    });
  }

  #keyOf(row: LogRow): { readonly text: string; readonly key: string } {
    const known = this.#keys.get(row);
    if (known !== undefined) return known;
    const text = plainText(row.text);
    const made = { text, key: `${row.stderr ? "e" : "o"}${withoutNumbers(text)}` };
    this.#keys.set(row, made);
    return made;
  }

  /** The same object until a line joins, so that an unchanged row is not redrawn. */
  #row({ head, members }: Group, { nameOf, sources }: RowFoldOptions): LogRow {
    const isOpen = this.#opened.has(head);
    const known = this.#made.get(head);
    const count = (isOpen ? -1 : 1) * members.length;
    if (known?.count === count) return known.row;
    const isFew = members.length < sources * FEW_PART;
    const isSame = members.every((member) => this.#keyOf(member).text === this.#keyOf(head).text);
    const fold = {
      head,
      count: members.length,
      isOpen,
      isFew,
      names: formatNodeRange(members.map(({ source }) => nameOf(source))),
    };
    const texts = members.map((member) => this.#keyOf(member).text);
    const shown = isOpen || isSame ? head : withText(head, withRanges(texts));
    const row = { ...shown, fold };
    this.#made.set(head, { count, row });
    return row;
  }
}

function withText({ screen: _, ...head }: LogRow, text: string): LogRow {
  return { ...head, text };
}
