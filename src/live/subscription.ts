import type { Execution, LineRange } from "../wire/api.ts";
import type { ServerMessage, Target } from "../wire/live.ts";
import type { Seen, Viewer } from "../wire/viewer.ts";
import { CatchUp } from "./catch-up.ts";
import type { LiveHub } from "./hub.ts";
import { type LinesMessage, sourceKey } from "./lines-message.ts";
import type { Outbox } from "./outbox.ts";
import type { History, Source } from "./ports.ts";
import { covers, type Route, type Watcher } from "./routes.ts";
import { routesOf } from "./seen-routes.ts";
import type { SummaryMessage } from "./summary-message.ts";

interface SubscriptionOptions {
  readonly id: number;
  readonly what: Target;
  readonly from: number | "end";
  readonly wantsLines: boolean;
  readonly viewer: Viewer;
  readonly hub: LiveHub;
  readonly history: History;
  readonly outbox: Outbox;
  /** Whether the history of one more execution may wait for its turn. False if this ended the subscription. */
  readonly admitCatchUp: () => boolean;
  readonly onUnreadable: (error: unknown) => void;
}

/** Executions of a job, or of all, whose summaries and history a subscription sends, newest first. */
const MAX_LISTED_EXECUTIONS = 10_000;
const PAGE_EXECUTIONS = 200;

/**
 * One subscription of a viewer: an execution, a job or a run of it, or everything. Sends history first, in batches that
 * go round its executions, then live lines. Where a viewer's subscriptions overlap, each gets the history, but live
 * lines are sent once.
 */
export class Subscription implements Watcher {
  readonly #options: SubscriptionOptions;
  readonly #catchUps = new Map<string, CatchUp>();
  /**
   * Executions changed before everything is listed, whose summary in the list may be out of date. Undefined after that.
   */
  #changed: Set<string> | undefined = new Set();
  #routes: readonly Route[] = [];
  #unwatch: readonly (() => void)[] = [];
  #isClosed = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** Begins to watch. False if this viewer has no such execution; rejects if the owner must be named. */
  async open(): Promise<boolean> {
    const { what, viewer, history } = this.#options;
    // To a viewer who may not see it, another user's job looks like one that nobody has: no line ever comes.
    if ("job" in what || "all" in what) this.#watch(routesOf("job" in what ? what : {}, await this.#seen()));
    else {
      const execution = await history.get(viewer, what);
      if (execution === undefined) return false;
      const source = sourceOf(execution);
      this.#watch([{ source }]);
      if (this.#wantsHistory) this.#addCatchUp(source, sourceKey(source));
    }
    return true;
  }

  /** Sends summaries and history. Ends when everything is live, or when the subscription is closed. */
  async run(): Promise<void> {
    const { what, from, outbox } = this.#options;
    if ("x" in what) await outbox.turn(() => this.#bringOne());
    else if ("job" in what || from !== "end") await this.#bringList("job" in what ? what : {});
    this.#changed = undefined;
    for (const [key, catchUp] of this.#catchUps) {
      await outbox.turn(() => this.#step(key, catchUp));
      // Not done yet: moves to the end of the map, where this loop will reach it again.
      if (this.#catchUps.delete(key)) this.#catchUps.set(key, catchUp);
    }
    if (!this.#isClosed) this.#say({ t: "live", id: this.#options.id });
  }

  close(): void {
    this.#isClosed = true;
    for (const unwatch of this.#unwatch) unwatch();
    this.#catchUps.clear();
  }

  /** Executions whose history waits for its turn. */
  get waiting(): number {
    return this.#catchUps.size;
  }

  /** The owner of watched executions that are not the viewer's own; only for administrators. */
  get othersWatched(): string | undefined {
    const { user, admin } = this.#options.viewer;
    const [route] = this.#routes;
    if (!admin || route === undefined) return undefined;
    const owner = "source" in route ? route.source.owner : (route.owner ?? "all");
    return owner === user ? undefined : owner;
  }

  lines(message: LinesMessage): void {
    if (!this.#options.wantsLines) return;
    const catchUp = this.#catchUpOf(message.source, message.key);
    if (catchUp !== undefined) catchUp.notice([message.firstN, message.firstN + message.count - 1]);
    else if (!this.#isClosed) this.#options.outbox.lines(message);
  }

  summary(message: SummaryMessage): void {
    this.#changed?.add(message.key);
    this.#options.outbox.summary(this.#options.id, message);
  }

  /** Reports that these lines will not come, if they belong to this subscription. */
  lost(source: Source, ranges: readonly LineRange[]): void {
    if (!this.#options.wantsLines || !this.#routes.some((route) => covers(route, source))) return;
    const { x, node, owner } = source;
    for (const [from, to] of ranges) this.#say({ t: "lost", id: this.#options.id, x, node, owner, from, to });
  }

  get #wantsHistory(): boolean {
    return this.#options.wantsLines && this.#options.from !== "end";
  }

  async #seen(): Promise<readonly Seen[]> {
    const { viewer, history } = this.#options;
    const own = viewer.admin ? {} : { owner: viewer.user };
    return (await history.seenBy?.(viewer)) ?? [own];
  }

  #watch(routes: readonly Route[]): void {
    if (this.#isClosed) return;
    this.#routes = routes;
    this.#unwatch = routes.map((route) => this.#options.hub.watch(route, this));
  }

  /** The history that lines must wait for. Undefined: lines are live. */
  #catchUpOf(source: Source, key: string): CatchUp | undefined {
    const known = this.#catchUps.get(key);
    // Before the list is complete, an unknown execution may turn out to be an old one.
    const isUnlisted = known === undefined && this.#changed !== undefined && this.#wantsHistory;
    return isUnlisted ? this.#addCatchUp(source, key) : known;
  }

  #addCatchUp(source: Source, key: string): CatchUp | undefined {
    const { from, viewer, history, outbox, hub, admitCatchUp } = this.#options;
    if (from === "end" || this.#isClosed || !admitCatchUp()) return undefined;
    const takeWaiting = () => hub.take(key, this);
    const send = (frame: Buffer) => outbox.frame(frame);
    const lose = (range: LineRange) => outbox.lose(source, key, range);
    const catchUp = new CatchUp({ source, key, viewer, from, history, takeWaiting, send, lose });
    this.#catchUps.set(key, catchUp);
    return catchUp;
  }

  async #bringOne(): Promise<void> {
    const { viewer, history } = this.#options;
    const [route] = this.#routes;
    if (route !== undefined && "source" in route) this.#bring(await history.get(viewer, route.source));
  }

  async #bringList({ job, run, owner }: { job?: string; run?: string; owner?: string }): Promise<void> {
    const { viewer, history, outbox } = this.#options;
    let before: string | undefined;
    for (let listed = 0; listed < MAX_LISTED_EXECUTIONS && !this.#isClosed; ) {
      const page = await outbox.turn(() => history.list(viewer, { owner, job, run, before, limit: PAGE_EXECUTIONS }));
      listed += Math.max(1, page.executions.length);
      for (const execution of page.executions) await outbox.turn(async () => this.#bring(execution));
      if (page.next === null) return;
      before = page.next;
    }
  }

  #bring(execution: Execution | undefined): void {
    if (execution === undefined || this.#isClosed) return;
    const source = sourceOf(execution);
    const key = sourceKey(source);
    if (this.#wantsHistory && !this.#catchUps.has(key)) this.#addCatchUp(source, key);
    if (!this.#isClosed && !this.#changed?.has(key)) this.#say({ t: "execution", id: this.#options.id, execution });
  }

  async #step(key: string, catchUp: CatchUp): Promise<void> {
    if (this.#isClosed) return;
    try {
      await catchUp.step();
      if (!catchUp.isDone) return;
    } catch (error) {
      // One unreadable execution of a job does not end the others.
      if ("x" in this.#options.what) throw error;
      this.#options.onUnreadable(error);
      this.#options.outbox.lose(catchUp.source, key, catchUp.unread);
    }
    this.#catchUps.delete(key);
  }

  #say(message: ServerMessage): void {
    this.#options.outbox.text(JSON.stringify(message));
  }
}

function sourceOf({ owner, job, run, x, node }: Execution): Source {
  return { owner, job, run, x, node };
}
