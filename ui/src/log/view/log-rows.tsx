import type { JSX } from "preact";
import { discardWords } from "../feed/discard-words.ts";
import type { HoleRow, Item, LogRow } from "../feed/log-row.ts";
import type { RowPlace } from "../feed/row-order.ts";
import type { HeadFold } from "../feed/trace-folds.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import { HoleView } from "./hole-view.tsx";
import { isMarked, type MarkedLines } from "./marked-lines.ts";
import type { RowLook } from "./row-look.ts";
import { RowView } from "./row-view.tsx";

interface LogRowsProps {
  readonly feed: ViewedFeed;
  /** The drawn items, in order. */
  readonly items: readonly Item[];
  readonly look: RowLook;
  readonly marked: MarkedLines;
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  /** Long lines that the reader has opened. */
  readonly opened: WeakSet<LogRow>;
  readonly folds: ReadonlyMap<LogRow, HeadFold>;
  /** The keys of their elements. */
  readonly keys: readonly (string | number)[];
  /** The item above the first one. */
  readonly above: Item | undefined;
}

/** Exactly one element for each item: measuring relies on it. */
export function LogRows({ feed, items, keys, look, marked, current, opened, folds, above }: LogRowsProps): JSX.Element {
  return (
    <>
      {items.map((item, at) => {
        const key = keys[at] ?? at;
        if (item.kind === "hole") {
          const reason = discardWords(item, feed.sources[item.source]?.execution.discarded ?? []);
          const node = look.labels[item.source]?.text;
          return <HoleView key={key} hole={item} kind={holeKind(feed, item)} node={node} reason={reason} />;
        }
        const cells = item.side?.cells ?? [item];
        const isCurrent = cells.some((cell) => isAt(cell, current));
        const before = at === 0 ? above : items[at - 1];
        const found = item.found ?? look.foundIn(item);
        return (
          <RowView
            key={key}
            row={item}
            look={look}
            marked={cells.some((cell) => cell !== undefined && isMarked(cell, marked))}
            current={isCurrent}
            found={found}
            isWhole={opened.has(item)}
            fold={folds.get(item)}
            newDay={before === undefined ? undefined : look.time.newDay(before.time, item.time)}
          />
        );
      })}
    </>
  );
}

function isAt(item: Item | undefined, place: LogRowsProps["current"]): boolean {
  return item !== undefined && place?.source === item.source && place.n >= item.n && place.n <= item.to;
}

function holeKind(feed: ViewedFeed, hole: HoleRow): "fetching" | "expected" | "missing" {
  if (!feed.isMissing(hole)) return "fetching";
  return feed.sources[hole.source]?.execution.delivery === "incomplete" ? "missing" : "expected";
}
