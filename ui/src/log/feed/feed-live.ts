import type { Execution } from "../../../../src/wire/api.ts";
import type { LiveClient, Subscription } from "../../live-client.ts";
import type { FeedParts } from "./feed-parts.ts";
import { subscriptionTarget } from "./log-target.ts";

interface FeedLiveOptions {
  readonly parts: FeedParts;
  /** Whether the window holds a page, so that lines have a place in it. */
  readonly isReady: () => boolean;
  readonly onExecution: (execution: Execution) => void;
  /** Called when live lines begin at the end of a run read in pages: earlier ones may have been missed. */
  readonly onPagedAgain: () => void;
  readonly onChange: () => void;
}

/** Subscribes to the target of a feed, with live lines while the window reaches the end. */
export function subscribeFeed(live: Pick<LiveClient, "subscribe">, options: FeedLiveOptions): Subscription {
  const { parts, isReady, onExecution, onPagedAgain, onChange } = options;
  const { sources, tail, holes } = parts;
  return live.subscribe({
    what: () => subscriptionTarget(sources.target),
    from: () => ({ from: "end", lines: tail.isAttached }),
    onExecution,
    onLines: (lines) => {
      if (isReady()) tail.take(lines);
      onChange();
    },
    onLost: (lost) => {
      sources.find(lost)?.see(lost.to);
      holes.forget();
    },
    onLive: () => {
      holes.forget();
      if (sources.isPaged && tail.isAttached) onPagedAgain();
    },
  });
}
