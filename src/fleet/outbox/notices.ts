import type { Log } from "../../host/log.ts";
import type { FleetEventOf } from "../../wire/fleet/event.ts";
import type { NodeEvent } from "../../wire/fleet/node-event.ts";
import type { NoticeDb } from "./notice-db.ts";

/** Of one node: after an hour without the collector, an agent has 320 of them. */
const MAX_A_MINUTE = 600;
const MINUTE_MS = 60_000;

interface NoticesOptions {
  readonly db: NoticeDb;
  readonly log: Log;
  /** Steady. */
  readonly nowMs: () => number;
  /** A new one was stored. */
  readonly onNew: (notice: NodeEvent) => void;
  /** One came that is not taken now: its node sends it again. */
  readonly onPostponed: () => void;
  /** How many older ones were removed for a new one. */
  readonly onPruned: (count: number) => void;
}

/** Errors of nodes, and events of users there: stored once, and in the log. A node that floods waits. */
export class Notices {
  readonly #options: NoticesOptions;
  /** By node: how many in this minute. */
  readonly #minutes = new Map<string, { minute: number; count: number }>();

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** Whether this node may report another one now. */
  hasRoom(node: string): boolean {
    const { nowMs, onPostponed } = this.#options;
    const minute = Math.floor(nowMs() / MINUTE_MS);
    const known = this.#minutes.get(node);
    // One entry for each admitted node.
    const count = known?.minute === minute ? known.count + 1 : 1;
    this.#minutes.set(node, { minute, count });
    if (count > MAX_A_MINUTE) onPostponed();
    return count <= MAX_A_MINUTE;
  }

  /** Inside a commit. */
  store(node: string, event: FleetEventOf<"error"> | FleetEventOf<"note">): void {
    const { db, log, onNew, onPruned } = this.#options;
    const notice = noticeOf(node, event);
    const pruned = db.add(notice);
    if (pruned === undefined) return;
    if (pruned > 0) onPruned(pruned);
    const { severity, name, user, text } = notice;
    log.event(severity, `a node reports: ${text}`, { node, name, user });
    onNew(notice);
  }
}

function noticeOf(node: string, event: FleetEventOf<"error"> | FleetEventOf<"note">): NodeEvent {
  const { id, kind, at, text } = event;
  const base = { id, node, kind, at, text };
  if (event.kind === "error") return { ...base, severity: "error", user: "", name: event.why };
  return { ...base, severity: event.severity, user: event.user, name: event.name };
}
