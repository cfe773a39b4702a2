import type { JSX } from "preact";
import { formatCount } from "../../format.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { LogViewport } from "./log-viewport.ts";
import { ScrollBar } from "./scroll-bar.tsx";

interface ViewScrollBarProps {
  readonly feed: LogFeed;
  readonly viewport: LogViewport;
  /** The view moved within the loaded rows. */
  readonly onMoved: () => void;
}

/** The scroll bar of an execution covers all its lines, that of a job the loaded rows. */
export function ViewScrollBar({ feed, viewport, onMoved }: ViewScrollBarProps): JSX.Element {
  const { items, topIndex, bottomIndex } = viewport;
  const top = items[topIndex];
  const bottom = items[bottomIndex];
  const source = feed.sources[0];
  if (feed.window.order === "n" && source !== undefined) {
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
      <ScrollBar start={start} size={size} total={source.lastN} holes={missing} describe={describe} onMove={move} />
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
  return <ScrollBar start={topIndex} size={size} total={items.length} holes={[]} describe={describe} onMove={move} />;
}
