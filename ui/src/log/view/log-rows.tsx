import type { JSX } from "preact";
import { discardWords } from "../feed/discard-words.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { HoleRow, Item } from "../feed/log-items.ts";
import { HoleView } from "./hole-view.tsx";
import type { RowLook } from "./row-view.tsx";
import { RowView } from "./row-view.tsx";

interface LogRowsProps {
  readonly feed: LogFeed;
  /** The drawn items, in order. */
  readonly items: readonly Item[];
  readonly look: RowLook;
  readonly markedLine: number;
}

/** Exactly one element for each item: measuring relies on it. */
export function LogRows({ feed, items, look, markedLine }: LogRowsProps): JSX.Element {
  return (
    <>
      {items.map((item) => {
        const key = `${item.source}:${item.n}`;
        if (item.kind === "hole") {
          const reason = discardWords(item, feed.sources[item.source]?.execution.discarded ?? []);
          const node = look.labels[item.source]?.text;
          return <HoleView key={key} hole={item} kind={holeKind(feed, item)} node={node} reason={reason} />;
        }
        return <RowView key={key} row={item} look={look} marked={markedLine >= item.n && markedLine <= item.to} />;
      })}
    </>
  );
}

function holeKind(feed: LogFeed, hole: HoleRow): "fetching" | "expected" | "missing" {
  if (!feed.isMissing(hole)) return "fetching";
  return feed.sources[hole.source]?.execution.delivery === "incomplete" ? "missing" : "expected";
}
