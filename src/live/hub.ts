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
  /** Passes on everything published from now on. Returns a function that stops watching. */
  watch(route: Route, watcher: Watcher): () => void;
  /**
   * Takes lines of an execution (by its key) published for this watcher but not yet sent. They are no longer sent to
   * it, so the caller knows everything published.
   */
  take(key: string, watcher: Watcher): LineRange | undefined;
  /** Cancels all delayed sends. */
  close(): void;
}

/**
 * At most four summaries a second for each execution, and one if a thousand watch it: each write costs the kernel about
 * 10 us, and lines go first.
 */
const SUMMARY = { everyMs: 250, msPerWatcher: 1, everyMostMs: 1_000 } as const;

/** A pause after a summary. `next` holds later changes. */
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
      // Its figures may be on a failing disk: watchers keep an older summary until that is repaired.
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
