import type { JSX } from "preact";
import { asTime } from "../../../../src/wire/time.ts";
import { formatCount } from "../../format.ts";
import { log as t } from "../../texts/en/log.ts";
import type { Item } from "../feed/log-row.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { TimeScale } from "../times/time-scale.ts";
import type { LineTime } from "./line-time.ts";
import type { LogViewport } from "./log-viewport.ts";
import { ScrollBar } from "./scroll-bar.tsx";

interface ViewScrollBarProps {
  readonly feed: ViewedFeed;
  readonly viewport: LogViewport;
  /** Places of matches in the whole log: 0 to 1. */
  readonly ticks: readonly number[];
  /** The whole time of a job, if known. */
  readonly scale: TimeScale | undefined;
  readonly time: LineTime;
  /** Called when the view moved within the loaded rows. */
  readonly onMoved: () => void;
}

/** The scroll bar of an execution covers all its lines, that of a run its whole time, any other the loaded rows. */
export function ViewScrollBar(props: ViewScrollBarProps): JSX.Element {
  const { feed, viewport, ticks, scale, time, onMoved } = props;
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
    const describe = (at: number): string => t.line(formatCount(Math.min(source.lastN, Math.floor(at) + 1)));
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
  if (scale !== undefined && top !== undefined && bottom !== undefined) {
    const msOf = (item: Item): number => Math.max(0, Date.parse(item.time) - scale.fromMs);
    const total = Math.max(scale.totalMs, msOf(items.at(-1) ?? bottom));
    const size = Math.max(0, msOf(bottom) - msOf(top));
    const timeAt = (at: number): string => asTime(Math.round(scale.fromMs + at));
    const move = (at: number): void => {
      if (at >= total - size) void feed.goToEnd();
      else void feed.goTo({ at: "time", time: timeAt(at), row: undefined });
    };
    return (
      <ScrollBar
        start={viewport.isPinned ? total : msOf(top)}
        size={size}
        total={total}
        holes={[]}
        ticks={ticks}
        failures={scale.failures}
        outline={scale.outline}
        describe={(at) => time.clock(timeAt(at))}
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
  const describe = (at: number): string => time.clock(items[Math.floor(at)]?.time ?? "");
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
