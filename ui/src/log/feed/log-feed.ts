import type { Execution } from "../../../../src/wire/api.ts";
import type { ExecutionKey } from "../../execution-key.ts";
import type { Subscription } from "../../live-client.ts";
import { enclosuresOf } from "./enclosures.ts";
import { FeedGrowth } from "./feed-growth.ts";
import { subscribeFeed } from "./feed-live.ts";
import { FeedMoves } from "./feed-moves.ts";
import { type FeedParts, feedParts, type LogFeedOptions } from "./feed-parts.ts";
import type { LinePosition, LogPosition, TimePosition } from "./log-position.ts";
import type { HoleRow, Item } from "./log-row.ts";
import type { LogSource } from "./log-source.ts";
import type { LogTarget } from "./log-target.ts";
import type { LogWindow } from "./log-window.ts";
import { lackingEarlier } from "./merge-order.ts";
import type { RowOrder } from "./row-order.ts";
import type { ViewedFeed } from "./viewed-feed.ts";

/**
 * One log as viewed: a window of stored lines, extended by pages from the API and, while it reaches the
 * end, by live lines. Drawing reads its state; the window bounds everything in it.
 */
export class LogFeed implements ViewedFeed {
  readonly #options: LogFeedOptions;
  readonly #parts: FeedParts;
  readonly #subscription: Subscription;
  readonly #moves: FeedMoves;
  readonly #growth: FeedGrowth;

  constructor(options: LogFeedOptions) {
    this.#options = options;
    this.#parts = feedParts(options, {
      onExecution: (execution) => this.#onExecution(execution),
      onAttached: () => this.#subscription.renew(),
      onBehind: () => this.#fallBehind(),
      scopeOfHoleCheck: () => this.#scopeOfHoleCheck(),
      onChecked: () => this.#onChecked(),
    });
    this.#growth = new FeedGrowth({
      parts: this.#parts,
      isReady: () => this.isReady,
      onChange: options.onChange,
    });
    this.#moves = new FeedMoves({
      parts: this.#parts,
      items: () => this.items(),
      onArrive: (position) => this.#arrive(position),
      onArrived: options.onArrived,
      onChange: options.onChange,
    });
    this.#subscription = subscribeFeed(options.live, {
      parts: this.#parts,
      isReady: () => this.isReady,
      onExecution: (execution) => this.#onExecution(execution),
      onPagedAgain: () => void this.#growth.catchUp(),
      onChange: options.onChange,
    });
  }

  get window(): LogWindow {
    return this.#parts.window;
  }

  get order(): RowOrder {
    return this.window.order;
  }

  get phase(): FeedMoves["phase"] {
    return this.#moves.phase;
  }

  /** Where the view must go. Each object is one request. */
  get position(): LogPosition {
    return this.#moves.position;
  }

  /** A position that the view could not reach; it has not moved since. */
  get failedAt(): LogPosition | undefined {
    return this.#moves.failedAt;
  }

  get isReady(): boolean {
    return this.phase === "ready";
  }

  /** The target, with its owner once that is known. */
  get target(): LogTarget {
    return this.#parts.sources.target;
  }

  get sources(): readonly LogSource[] {
    return this.#parts.sources.all;
  }

  /** Adds an execution of this log that was found elsewhere, such as by a search, and is not among the sources. */
  async know(key: ExecutionKey): Promise<void> {
    if (this.#parts.sources.find(key) !== undefined) return;
    const answer = await this.#options.api.execution(key);
    if (answer.ok) this.#onExecution(answer.value);
  }

  /** The run that is shown; undefined: all of the job, or one execution. */
  get run(): string | undefined {
    const { target } = this.#parts.sources;
    return target.view === "job" ? target.run : undefined;
  }

  /** Whether some lines are repeated in an enclosing execution, where they are left out. */
  get isNested(): boolean {
    return this.window.order === "time" && enclosuresOf(this.sources).length > 0;
  }

  /** The job has more executions than shown. */
  get isPartial(): boolean {
    return this.#parts.sources.isPartial;
  }

  /** A page is on its way. */
  get isLoading(): boolean {
    return this.#growth.isLoading;
  }

  /** A request for lines failed and will be repeated. */
  get isFailing(): boolean {
    return this.#parts.holes.isFailing;
  }

  /** The view stays at the end. */
  get isFollowing(): boolean {
    return this.#parts.tail.isFollowing;
  }

  get hasRoom(): boolean {
    return this.#parts.tail.hasRoom;
  }

  get hasEarlier(): boolean {
    if (this.#parts.sources.isPaged) return !this.#parts.runPager.isStartReached;
    return lackingEarlier(this.window, this.sources).length > 0;
  }

  get hasLater(): boolean {
    return !this.#parts.tail.isAttached;
  }

  /** A command is still printing, or lines are on their way. */
  get isLive(): boolean {
    return this.sources.some(({ execution }) => execution.state === "running" || execution.delivery === "receiving");
  }

  /** Lines printed since the view left the end. */
  get newLines(): number {
    return this.#parts.tail.newLines;
  }

  /** The same list until something changes. */
  items(): readonly Item[] {
    return this.#parts.items.items(this.#parts.tail.isAttached);
  }

  /** Whether a hole's lines are known to be missing, rather than not fetched yet. */
  isMissing({ source, n, to }: HoleRow): boolean {
    const found = this.sources[source];
    return found !== undefined && this.#parts.holes.isMissing(found, [n, to]);
  }

  /** Opens the log or moves to another part of it, regardless of what the window holds. */
  open(position: LogPosition): Promise<void> {
    return this.#moves.open(position);
  }

  /** Goes to a line of an execution, or to a time; needs no request if the window holds it. */
  goTo(position: LinePosition | TimePosition): Promise<void> {
    return this.#moves.goTo(position);
  }

  goToStart(): Promise<void> {
    return this.#moves.goToStart();
  }

  goToEnd(): Promise<void> {
    return this.#moves.goToEnd();
  }

  /** Call when the view left the end, or came back to it. */
  setFollowing(isFollowing: boolean): void {
    this.#moves.setFollowing(isFollowing);
  }

  /** Loads a page before the window's first lines, or after its last; the far end is dropped. */
  load(end: "start" | "end"): Promise<void> {
    return this.#growth.load(end);
  }

  close(): void {
    this.#parts.opener.close();
    this.#parts.holes.close();
    this.#subscription.close();
  }

  #arrive(position: LogPosition): void {
    // The hole check fetches lines printed while the page was loading.
    this.#growth.attach(position.at === "end" || this.#growth.isEndReached);
    this.#parts.tail.opened({ isFollowing: position.at === "end" });
    this.#parts.holes.soon();
    // Live lines that arrived meanwhile went into the window that this one has replaced.
    if (this.#parts.sources.isPaged && this.#parts.tail.isAttached) void this.#growth.catchUp();
  }

  #onExecution(execution: Execution): void {
    const known = this.#parts.sources.find(execution);
    if (known === undefined)
      this.#parts.sources.add(execution, this.#parts.sources.isPaged ? 0 : this.#parts.pager.pageLines);
    else if (known.update(execution)) this.#parts.holes.forget();
    if (!this.#growth.isEndReached) this.#parts.holes.soon();
    // Drawing without lines would only delay drawing the first ones.
    if (this.isReady) this.#options.onChange();
  }

  #fallBehind(): void {
    if (this.#parts.opener.isOpening) return;
    if (this.isFollowing) void this.open({ at: "end" });
    else this.#parts.tail.attach(false);
  }

  #scopeOfHoleCheck(): "nothing" | "within" | "behind" {
    if (this.phase !== "ready" || this.#parts.opener.isOpening) return "nothing";
    if (!this.#parts.tail.isAttached) return "within";
    if (!this.#parts.tail.isFarBehind) return "behind";
    this.#fallBehind();
    return "nothing";
  }

  #onChecked(): void {
    if (this.#parts.tail.isAttached && this.#parts.tail.isFarBehind) this.#fallBehind();
    this.#options.onChange();
  }
}
