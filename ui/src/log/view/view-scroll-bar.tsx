import type { JSX } from "preact";
import { formatCount } from "../../format.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { LogViewport } from "./log-viewport.ts";
import { ScrollBar } from "./scroll-bar.tsx";

interface ViewScrollBarProps {
  readonly feed: ViewedFeed;
  readonly viewport: LogViewport;
  /** Where matches are in the whole log: 0 to 1. */
  readonly ticks: readonly number[];
  /** The view moved within the loaded rows. */
  readonly onMoved: () => void;
}

/** The scroll bar of an execution covers all its lines, that of a job the loaded rows. */
export function ViewScrollBar({ feed, viewport, ticks, onMoved }: ViewScrollBarProps): JSX.Element {
  const { items, topIndex, bottomIndex } = viewport;
  const top = items[topIndex];
  const bottom = items[bottomIndex];
  const source = feed.sources[0];
  if (feed.order === "n" && source !== undefined) {
    const start = top === undefined || viewport.isPinned ? source.lastN : top.n - 1;
    const size = top === undefined || bottom === undefined ? 0 : bottom.to - top.n + 1;
    const move = (at: number): void => {
      const isEnd = at >= source.lastN - size;
      if (isEnd) void feed.goToEnd();
      else void feed.goTo({ at: "line", n: Math.floor(at) + 1, align: "top" });
    };
    const describe = (at: number): string => `line ${formatCount(Math.min(source.lastN, Math.floor(at) + 1))}`;
    const { missing } = source.execution;
    return (
      <ScrollBar
        start={start}
        size={size}
        total={source.lastN}
        holes={missing}
        ticks={ticks}
        describe={describe}
        onMove={move}
      />
    );
  }
  const size = bottomIndex - topIndex + 1;
  const move = (at: number): void => {
    if (at >= items.length - size && !feed.hasLater) {
      void feed.goToEnd();
    } else {
      viewport.showIndex(Math.round(at));
      feed.setFollowing(false);
      onMoved();
    }
  };
  const describe = (at: number): string => items[Math.floor(at)]?.time.slice(11, 19) ?? "";
  return (
    <ScrollBar
      start={topIndex}
      size={size}
      total={items.length}
      holes={[]}
      ticks={[]}
      describe={describe}
      onMove={move}
    />
  );
}
