import type { Log } from "../host/log.ts";
import { LogThrottle } from "../host/log-throttle.ts";
import type { Execution, LineRange } from "../wire/api.ts";
import { Broadcast } from "./broadcast.ts";
import { sourceKey } from "./lines-message.ts";
import type { Hub, Source } from "./ports.ts";
import { type Route, Routes, type Watcher } from "./routes.ts";
import { SummaryMessage } from "./summary-message.ts";

/** The hub as subscriptions use it. */
export interface LiveHub extends Hub {
  /** Passes on everything published from now on. Returns how to stop watching. */
  watch(route: Route, watcher: Watcher): () => void;
  /**
   * Lines of an execution (by its key) that were published for this watcher and wait to be handed out. They are not
   * handed out to it any more: then whatever was published is known to it.
   */
  take(key: string, watcher: Watcher): LineRange | undefined;
  /** Ends all waiting. */
  close(): void;
}

/**
 * At most four summaries a second of each execution, and one where a thousand watch it: a write for each of them takes
 * the kernel about 10 us, and the lines are to come first.
 */
const SUMMARY = { everyMs: 250, msPerWatcher: 1, everyMostMs: 1_000 } as const;

/** A summary went out a moment ago. `next` is what has changed since. */
interface Pause {
  readonly timer: NodeJS.Timeout;
  next: (Source & { summary(): Execution }) | undefined;
}

export function createHub(log: Log, nowMs: () => number): LiveHub {
  const throttle = new LogThrottle(nowMs);
  const routes = new Routes();
  const broadcast = new Broadcast(routes);
  const pauses = new Map<string, Pause>();

  function sendSummary(key: string, source: Source & { summary(): Execution }): void {
    const sets = routes.of(source, key);
    if (sets.length === 0) return;
    const watchers = sets.reduce((sum, { size }) => sum + size, 0);
    const pauseMs = Math.min(Math.max(SUMMARY.everyMs, watchers * SUMMARY.msPerWatcher), SUMMARY.everyMostMs);
    const timer = setTimeout(() => {
      const next = pauses.get(key)?.next;
      pauses.delete(key);
      if (next !== undefined) sendSummary(key, next);
    }, pauseMs);
    pauses.set(key, { timer, next: undefined });
    try {
      const message = new SummaryMessage(key, source.summary());
      for (const watchers of sets) for (const watcher of watchers) watcher.summary(message);
    } catch (error) {
      // Its numbers may be on a disk that fails: watchers have an older summary until that is mended.
      if (throttle.isDue(String(error)))
        log.event("error", "cannot show how executions change", { error: String(error) });
    }
  }

  return {
    publish: (source, chunk) => broadcast.publish(source, chunk),
    changed(source) {
      if (routes.isEmpty) return;
      const key = sourceKey(source);
      const pause = pauses.get(key);
      if (pause === undefined) sendSummary(key, source);
      else pause.next = source;
    },
    watch(route, watcher) {
      broadcast.join(route, watcher);
      return routes.add(route, watcher);
    },
    take: (key, watcher) => broadcast.take(key, watcher),
    close() {
      broadcast.close();
      for (const { timer } of pauses.values()) clearTimeout(timer);
      pauses.clear();
    },
  };
}
