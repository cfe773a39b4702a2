import type { Execution } from "../../../src/wire/api.ts";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient, Subscription } from "../live-client.ts";
import type { LiveLines } from "../live-lines.ts";
import { HoleCheck } from "./hole-check.ts";
import { LineLoader } from "./line-loader.ts";
import type { HoleRow, Item } from "./log-items.ts";
import { buildItems } from "./log-items.ts";
import { LogOpener } from "./log-opener.ts";
import { LogPager } from "./log-pager.ts";
import type { LinePosition, LogPosition } from "./log-position.ts";
import type { LogSource } from "./log-source.ts";
import type { LogTarget } from "./log-target.ts";
import { subscriptionTarget } from "./log-target.ts";
import type { WindowLimits } from "./log-window.ts";
import { LogWindow, WINDOW_LIMITS } from "./log-window.ts";
import { lackingEarlier, lackingLater, mergedTimes, noteSilence } from "./merge-order.ts";
import type { RowFilter } from "./row-filter.ts";
import { SourceList } from "./source-list.ts";

export interface LogFeedOptions {
  readonly api: Pick<ApiClient, "execution" | "executions" | "lines">;
  readonly live: Pick<LiveClient, "subscribe">;
  readonly target: LogTarget;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Something is to be drawn anew. May be called thousands of times a second. */
  readonly onChange: () => void;
  readonly limits?: WindowLimits;
}

/** A viewer that is further behind than this begins anew at the end. */
const MAX_BEHIND_LINES = 5_000;
/**
 * One log as it is looked at: a window of stored lines, extended by pages from the API and, while it reaches to the
 * end, by live lines. Its state is read when it is drawn; everything in it is bounded by the window.
 */
export class LogFeed {
  readonly window: LogWindow;
  phase: "loading" | "ready" | "absent" | "failed" = "loading";
  /** Where the view has to go, once for each object. */
  position: LogPosition = { at: "end" };
  readonly #options: LogFeedOptions;
  readonly #sources: SourceList;
  readonly #opener: LogOpener;
  readonly #pager: LogPager;
  readonly #holes: HoleCheck;
  readonly #subscription: Subscription;
  #isFollowing = true;
  /** Live lines are taken in: the window reaches to the end. */
  #isAttached = true;
  #next: LinePosition | undefined;
  #pausedAtN = 0;

  constructor(options: LogFeedOptions) {
    const { api, after, live, target } = options;
    this.#options = options;
    this.window = new LogWindow(target.view === "job" ? "time" : "n", options.limits ?? WINDOW_LIMITS);
    this.#sources = new SourceList(target, this.window);
    const generation = (): number => this.#opener.generation;
    const loader = new LineLoader({ api, window: this.window, generation });
    const shared = { window: this.window, loader, after, sources: () => this.sources };
    this.#opener = new LogOpener({
      api,
      target,
      loader,
      sources: this.#sources,
      pageLines: () => this.#pager.pageLines,
      onExecution: (execution) => this.#onExecution(execution),
    });
    this.#pager = new LogPager({ ...shared, generation, onRetry: options.onChange });
    this.#holes = new HoleCheck({
      ...shared,
      scope: () => this.#scopeOfHoleCheck(),
      onChecked: options.onChange,
    });
    this.#subscription = live.subscribe({
      what: subscriptionTarget(target),
      from: () => ({ from: "end", lines: this.#isAttached }),
      onExecution: (execution) => this.#onExecution(execution),
      onLines: (lines) => this.#onLines(lines),
      onLost: ({ x, node, to }) => {
        this.#sources.find(x, node)?.see(to);
        this.#holes.forget();
      },
      onLive: () => this.#holes.forget(),
    });
  }

  get sources(): readonly LogSource[] {
    return this.#sources.all;
  }

  /** The job has more executions than are shown. */
  get isPartial(): boolean {
    return this.#sources.isPartial;
  }

  /** A page is on its way. */
  get isLoading(): boolean {
    return this.#pager.isLoading;
  }

  /** The view stays at the end. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  get hasEarlier(): boolean {
    return lackingEarlier(this.window, this.sources).length > 0;
  }

  get hasLater(): boolean {
    return !this.#isAttached;
  }

  /** Something is still printing, or on its way. */
  get isLive(): boolean {
    return this.sources.some(({ execution }) => execution.state === "running" || execution.delivery === "receiving");
  }

  /** Lines printed since the view left the end. */
  get newLines(): number {
    return this.#isFollowing ? 0 : Math.max(0, this.#sources.lastN - this.#pausedAtN);
  }

  items(filter: RowFilter): readonly Item[] {
    const { window, sources } = this;
    const times = window.order === "time" ? mergedTimes(window, sources, this.#isAttached) : {};
    return buildItems({ window, sources: sources.length, accepts: (row) => filter.accepts(row), ...times });
  }

  /** Whether the lines of a hole are known to be missing, rather than not fetched yet. */
  isMissing({ source, n, to }: HoleRow): boolean {
    const found = this.sources[source];
    return found !== undefined && this.#holes.isMissing(found, [n, to]);
  }

  /** Opens the log, or moves to another part of it, whatever the window holds. */
  async open(position: LogPosition): Promise<void> {
    this.#next = undefined;
    const outcome = await this.#opener.open(position);
    if (outcome === "stale") return;
    if (outcome === "opened") this.#arrive(position);
    else if (this.phase !== "ready") this.phase = outcome;
    this.#options.onChange();
    if (this.#next !== undefined) await this.goTo(this.#next);
  }

  /** Goes to a line of an execution; without asking where the window holds it. */
  async goTo(position: LinePosition): Promise<void> {
    const { from, to } = this.window.coverage(0);
    if (this.#opener.isOpening) {
      // While one drags the scroll bar: only the last place counts.
      this.#next = position;
    } else if (position.n < from || position.n > to) {
      await this.open(position);
    } else {
      this.setFollowing(false);
      this.position = position;
      this.#options.onChange();
    }
  }

  async goToStart(): Promise<void> {
    if (this.window.order === "n") return this.goTo({ at: "line", n: 1, align: "top" });
    const started = this.sources.map(({ execution }) => execution.startedAt).sort();
    return this.open({ at: "time", time: started[0] ?? "" });
  }

  async goToEnd(): Promise<void> {
    if (!this.#isAttached || this.#opener.isOpening) return this.open({ at: "end" });
    this.setFollowing(true);
    this.position = { at: "end" };
    return this.#options.onChange();
  }

  /** The view has left the end, or has come back to it. */
  setFollowing(isFollowing: boolean): void {
    if (this.#isFollowing === isFollowing || (isFollowing && !this.#isAttached)) return;
    this.#isFollowing = isFollowing;
    this.#pausedAtN = this.#sources.lastN;
    this.#options.onChange();
  }

  /** Brings a page before the window's first lines, or behind its last; what is furthest away is let go. */
  async load(end: "start" | "end"): Promise<void> {
    if (this.isLoading || this.phase !== "ready") return;
    const { generation } = this.#opener;
    await this.#pager.load(end);
    if (generation !== this.#opener.generation) return;
    const isTrimmed = this.window.trim(end === "start" ? "end" : "start");
    if (this.#isAtEnd) this.#setAttached(true);
    else if (isTrimmed) this.#setAttached(false);
    this.#holes.soon();
    this.#options.onChange();
  }

  close(): void {
    this.#opener.close();
    this.#holes.close();
    this.#subscription.close();
  }

  get #isAtEnd(): boolean {
    return lackingLater(this.window, this.sources).length === 0;
  }

  #arrive(position: LogPosition): void {
    this.phase = "ready";
    this.position = position;
    // Lines that were printed while the page was fetched come by the hole check.
    this.#setAttached(position.at === "end" || this.#isAtEnd);
    this.#isFollowing = position.at === "end";
    this.#pausedAtN = this.#sources.lastN;
    this.#holes.soon();
  }

  #setAttached(isAttached: boolean): void {
    if (this.#isAttached === isAttached) return;
    if (!isAttached) {
      this.setFollowing(false);
      noteSilence(this.window, this.sources);
    }
    this.#isAttached = isAttached;
    this.#subscription.renew();
  }

  #onExecution(execution: Execution): void {
    const known = this.#sources.find(execution.x, execution.node);
    if (known === undefined) this.#sources.add(execution, this.#pager.pageLines);
    else if (known.update(execution)) this.#holes.forget();
    if (!this.#isAtEnd) this.#holes.soon();
    this.#options.onChange();
  }

  #onLines({ header, lines }: LiveLines): void {
    const source = this.#sources.find(header.x, header.node);
    if (source === undefined || this.phase !== "ready") return;
    source.see(header.n + header.count - 1);
    const { to } = this.window.coverage(source.index);
    if (header.n <= to) this.window.fill(source.index, lines);
    if (this.#isAttached && header.n - to > MAX_BEHIND_LINES) {
      this.#fallBehind();
    } else if (this.#isAttached) {
      if (header.n > to + 1) this.#holes.soon();
      this.window.extendEnd(source.index, lines);
      if (this.#isFollowing) this.window.trim("start");
      else if (this.window.isFull) this.#setAttached(false);
    }
    this.#options.onChange();
  }

  #fallBehind(): void {
    if (this.#opener.isOpening) return;
    if (this.#isFollowing) void this.open({ at: "end" });
    else this.#setAttached(false);
  }

  #scopeOfHoleCheck(): "nothing" | "within" | "behind" {
    if (this.phase !== "ready" || this.#opener.isOpening) return "nothing";
    if (!this.#isAttached) return "within";
    const isBehind = this.sources.some(({ index, lastN }) => lastN - this.window.coverage(index).to > MAX_BEHIND_LINES);
    if (!isBehind) return "behind";
    this.#fallBehind();
    return "nothing";
  }
}
