import type { Log } from "../../host/log.ts";
import type { FleetEventOf } from "../../wire/fleet/event.ts";
import type { NodeEvent } from "../../wire/fleet/node-event.ts";
import type { NoticeDb } from "./notice-db.ts";

/** Notices of one node: after a long time without the collector, an agent has 320. */
const MAX_A_MINUTE = 600;
const MINUTE_MS = 60_000;

interface NoticesOptions {
  readonly db: NoticeDb;
  readonly log: Log;
  /** Steady. */
  readonly nowMs: () => number;
  /** Called inside the commit that stores a new one. */
  readonly onNew: (notice: NodeEvent) => void;
  /** Called for one that is not taken now: its node resends it. */
  readonly onPostponed: () => void;
  /** Called with the number of older ones that were removed for a new one. */
  readonly onPruned: (count: number) => void;
}

/** Stores errors of nodes and events of users there, each once, and logs them. A flooding node has to wait. */
export class Notices {
  readonly #options: NoticesOptions;
  /** Notices of each admitted node in its current minute. */
  readonly #minutes = new Map<string, { minute: number; count: number }>();

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** Counts another notice of a node. False if the node has to wait. */
  hasRoom(node: string): boolean {
    const { nowMs, onPostponed } = this.#options;
    const minute = Math.floor(nowMs() / MINUTE_MS);
    const known = this.#minutes.get(node);
    const count = known?.minute === minute ? known.count + 1 : 1;
    this.#minutes.set(node, { minute, count });
    if (count > MAX_A_MINUTE) onPostponed();
    return count <= MAX_A_MINUTE;
  }

  /** Call it inside a commit. */
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
