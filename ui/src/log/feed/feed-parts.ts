import type { Execution } from "../../../../src/wire/api.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LiveClient } from "../../live-client.ts";
import { FeedItems } from "./feed-items.ts";
import { HoleCheck } from "./hole-check.ts";
import { LineLoader } from "./line-loader.ts";
import { LogOpener } from "./log-opener.ts";
import { LogPager } from "./log-pager.ts";
import { LogTail } from "./log-tail.ts";
import type { LogTarget } from "./log-target.ts";
import { LogWindow } from "./log-window.ts";
import { RunPager } from "./run-pager.ts";
import { SourceList } from "./source-list.ts";
import { WINDOW_LIMITS, type WindowLimits } from "./window-limits.ts";

export interface LogFeedOptions {
  readonly api: Pick<ApiClient, "execution" | "executions" | "lines" | "looks" | "runLines">;
  readonly live: Pick<LiveClient, "subscribe">;
  readonly target: LogTarget;
  /** Takes known differences of nodes' clocks out of a job's times. */
  readonly correctsClocks?: boolean;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Requests a redraw. May be called thousands of times a second. */
  readonly onChange: () => void;
  /** Called when a requested place is loaded: the reader waits for it. */
  readonly onArrived: () => void;
  readonly limits?: WindowLimits;
}

/** Calls from the parts of a feed to the feed. */
interface FeedHooks {
  readonly onExecution: (execution: Execution) => void;
  /** Called when live lines are wanted from now on, or no longer. */
  readonly onAttached: () => void;
  /** Called when live lines do not follow those held. */
  readonly onBehind: () => void;
  readonly scopeOfHoleCheck: () => "nothing" | "within" | "behind";
  readonly onChecked: () => void;
}

export interface FeedParts {
  readonly window: LogWindow;
  readonly items: FeedItems;
  readonly sources: SourceList;
  readonly opener: LogOpener;
  readonly pager: LogPager;
  readonly runPager: RunPager;
  readonly holes: HoleCheck;
  readonly tail: LogTail;
}

/** Joins the parts of a feed: the window, parts that fill it, and parts that track its position. */
export function feedParts(options: LogFeedOptions, hooks: FeedHooks): FeedParts {
  const { api, after, target, onChange, correctsClocks = false } = options;
  const window = new LogWindow(target.view === "job" ? "time" : "n", options.limits ?? WINDOW_LIMITS);
  const sources = new SourceList(target, window, correctsClocks);
  const generation = (): number => opener.generation;
  const loader = new LineLoader({ api, window, generation, after, onLooks: onChange });
  const shared = { window, loader, after, generation, sources: () => sources.all };
  const runPager = new RunPager({ ...shared, api, sources, onRetry: onChange, isNodeClock: !correctsClocks });
  const pager = new LogPager({ ...shared, onRetry: onChange });
  const { onExecution } = hooks;
  const isNodeClock = !correctsClocks;
  const pageLines = (): number => pager.pageLines;
  const opener = new LogOpener({ api, loader, runPager, sources, pageLines, isNodeClock, onExecution });
  const holes = new HoleCheck({ ...shared, scope: hooks.scopeOfHoleCheck, onChecked: hooks.onChecked });
  const tail = new LogTail({
    window,
    sources,
    onAttached: hooks.onAttached,
    onGap: () => holes.soon(),
    onTrimmed: () => runPager.dropped("start"),
    onBehind: hooks.onBehind,
  });
  return { window, items: new FeedItems(window, sources), sources, opener, pager, runPager, holes, tail };
}
