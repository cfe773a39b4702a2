import type { Execution } from "../../../../src/wire/api.ts";
import type { ApiClient } from "../../api-client.ts";
import type { ExecutionKey } from "../../execution-key.ts";
import type { LiveClient, Subscription } from "../../live-client.ts";
import { enclosuresOf } from "./enclosures.ts";
import { HoleCheck } from "./hole-check.ts";
import { LineLoader } from "./line-loader.ts";
import type { HoleRow, Item } from "./log-items.ts";
import { buildItems } from "./log-items.ts";
import type { Unclear } from "./log-opener.ts";
import { LogOpener } from "./log-opener.ts";
import { LogPager } from "./log-pager.ts";
import type { LinePosition, LogPosition } from "./log-position.ts";
import type { LogSource } from "./log-source.ts";
import { LogTail } from "./log-tail.ts";
import type { LogTarget } from "./log-target.ts";
import { subscriptionTarget } from "./log-target.ts";
import type { RowOrder, WindowLimits } from "./log-window.ts";
import { LogWindow, WINDOW_LIMITS } from "./log-window.ts";
import { lackingEarlier, mergedTimes } from "./merge-order.ts";
import { RunPager } from "./run-pager.ts";
import { SourceList } from "./source-list.ts";
import type { ViewedFeed } from "./viewed-feed.ts";

export interface LogFeedOptions {
  readonly api: Pick<ApiClient, "execution" | "executions" | "lines" | "runLines">;
  readonly live: Pick<LiveClient, "subscribe">;
  readonly target: LogTarget;
  /** Takes known differences of nodes' clocks out of a job's times. */
  readonly correctsClocks?: boolean;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Requests a redraw. May be called thousands of times a second. */
  readonly onChange: () => void;
  readonly limits?: WindowLimits;
}

/**
 * One log as viewed: a window of stored lines, extended by pages from the API and, while it reaches the
 * end, by live lines. Drawing reads its state; the window bounds everything in it.
 */
export class LogFeed implements ViewedFeed {
  readonly window: LogWindow;
  phase: "loading" | "ready" | "absent" | "failed" | Unclear = "loading";
  /** Where the view must go. Each object is one request. */
  position: LogPosition = { at: "end" };
  /** A position that the view could not reach; it has not moved since. */
  failedAt: LogPosition | undefined;
  readonly #options: LogFeedOptions;
  readonly #sources: SourceList;
  readonly #opener: LogOpener;
  readonly #pager: LogPager;
  readonly #runPager: RunPager;
  readonly #holes: HoleCheck;
  readonly #tail: LogTail;
  readonly #subscription: Subscription;
  #next: LinePosition | undefined;
  /** Of a run read in pages: lines were printed that no page has brought yet. */
  #isBehind = false;
  #items: readonly Item[] = [];
  #itemsState = "";

  constructor(options: LogFeedOptions) {
    const { api, after, live, target } = options;
    this.#options = options;
    this.window = new LogWindow(target.view === "job" ? "time" : "n", options.limits ?? WINDOW_LIMITS);
    this.#sources = new SourceList(target, this.window, options.correctsClocks ?? false);
    const generation = (): number => this.#opener.generation;
    const loader = new LineLoader({ api, window: this.window, generation });
    const shared = { window: this.window, loader, after, generation, sources: () => this.sources };
    this.#runPager = new RunPager({
      ...shared,
      api,
      sources: this.#sources,
      onRetry: options.onChange,
      isNodeClock: options.correctsClocks !== true,
    });
    this.#opener = new LogOpener({
      api,
      loader,
      runPager: this.#runPager,
      sources: this.#sources,
      pageLines: () => this.#pager.pageLines,
      onExecution: (execution) => this.#onExecution(execution),
    });
    this.#pager = new LogPager({ ...shared, onRetry: options.onChange });
    this.#holes = new HoleCheck({
      ...shared,
      scope: () => this.#scopeOfHoleCheck(),
      onChecked: () => this.#onChecked(),
    });
    this.#tail = new LogTail({
      window: this.window,
      sources: this.#sources,
      onAttached: () => this.#subscription.renew(),
      onGap: () => this.#holes.soon(),
      onTrimmed: () => this.#runPager.dropped("start"),
      onBehind: () => this.#fallBehind(),
    });
    this.#subscription = live.subscribe({
      what: () => subscriptionTarget(this.#sources.target),
      from: () => ({ from: "end", lines: this.#tail.isAttached }),
      onExecution: (execution) => this.#onExecution(execution),
      onLines: (lines) => {
        if (this.phase === "ready") this.#tail.take(lines);
        options.onChange();
      },
      onLost: (lost) => {
        this.#sources.find(lost)?.see(lost.to);
        this.#holes.forget();
      },
      onLive: () => {
        this.#holes.forget();
        if (this.#sources.isPaged && this.#tail.isAttached) void this.#catchUp();
      },
    });
  }

  get order(): RowOrder {
    return this.window.order;
  }

  get isReady(): boolean {
    return this.phase === "ready";
  }

  /** What is viewed, with its owner once that is settled. */
  get target(): LogTarget {
    return this.#sources.target;
  }

  get sources(): readonly LogSource[] {
    return this.#sources.all;
  }

  /** Takes in an execution of this log that was found elsewhere, a search for instance, and is not among the sources. */
  async know(key: ExecutionKey): Promise<void> {
    if (this.#sources.find(key) !== undefined) return;
    const answer = await this.#options.api.execution(key);
    if (answer.ok) this.#onExecution(answer.value);
  }

  /** The run that is shown; undefined: all of the job, or one execution. */
  get run(): string | undefined {
    const { target } = this.#sources;
    return target.view === "job" ? target.run : undefined;
  }

  /** Some lines come again in an enclosing execution, where they are left out. */
  get isNested(): boolean {
    return this.window.order === "time" && enclosuresOf(this.sources).length > 0;
  }

  /** The job has more executions than shown. */
  get isPartial(): boolean {
    return this.#sources.isPartial;
  }

  /** A page is on its way. */
  get isLoading(): boolean {
    return this.#pager.isLoading || this.#runPager.isLoading;
  }

  /** A request for lines failed and will be repeated. */
  get isFailing(): boolean {
    return this.#holes.isFailing;
  }

  /** The view stays at the end. */
  get isFollowing(): boolean {
    return this.#tail.isFollowing;
  }

  get hasEarlier(): boolean {
    if (this.#sources.isPaged) return !this.#runPager.isStartReached;
    return lackingEarlier(this.window, this.sources).length > 0;
  }

  get hasLater(): boolean {
    return !this.#tail.isAttached;
  }

  /** A command is still printing, or lines are on their way. */
  get isLive(): boolean {
    return this.sources.some(({ execution }) => execution.state === "running" || execution.delivery === "receiving");
  }

  /** Lines printed since the view left the end. */
  get newLines(): number {
    return this.#tail.newLines;
  }

  /** The same list until something changes. */
  items(): readonly Item[] {
    const { window, sources } = this;
    const { isAttached } = this.#tail;
    const state = `${window.version} ${sources.length} ${this.#sources.lastN} ${isAttached} ${this.#sources.isPaged}`;
    if (state === this.#itemsState) return this.#items;
    const times = this.#sources.isPaged ? {} : mergedTimes(window, sources, isAttached);
    const merged = window.order === "time" ? { ...times, enclosures: enclosuresOf(sources) } : {};
    this.#items = buildItems({ window, sources: sources.length, accepts: () => true, ...merged });
    this.#itemsState = state;
    return this.#items;
  }

  /** Whether a hole's lines are known to be missing, rather than not fetched yet. */
  isMissing({ source, n, to }: HoleRow): boolean {
    const found = this.sources[source];
    return found !== undefined && this.#holes.isMissing(found, [n, to]);
  }

  /** Opens the log or moves to another part of it, regardless of what the window holds. */
  async open(position: LogPosition): Promise<void> {
    this.#next = undefined;
    const outcome = await this.#opener.open(position);
    if (outcome === "stale") return;
    this.failedAt = outcome === "failed" ? position : undefined;
    if (outcome === "opened") this.#arrive(position);
    else if (this.phase !== "ready") this.phase = outcome;
    this.#options.onChange();
    if (this.#next !== undefined) await this.goTo(this.#next);
  }

  /** Goes to a line of an execution; needs no request if the window holds it. */
  async goTo(position: LinePosition): Promise<void> {
    const { from, to } = this.window.coverage(0);
    if (this.#opener.isOpening) {
      // While the scroll bar is dragged, only the last place counts.
      this.#next = position;
    } else if (position.n < from || position.n > to) {
      await this.open(position);
    } else {
      this.position = position;
      this.setFollowing(false);
    }
  }

  async goToStart(): Promise<void> {
    if (this.window.order === "n") return this.goTo({ at: "line", n: 1, align: "top" });
    if (this.#sources.isPaged) return this.open({ at: "time", time: "", row: undefined });
    const started = this.sources.map(({ execution }) => execution.startedAt).sort();
    return this.open({ at: "time", time: started[0] ?? "", row: undefined });
  }

  async goToEnd(): Promise<void> {
    if (!this.#tail.isAttached || this.#opener.isOpening) return this.open({ at: "end" });
    this.position = { at: "end" };
    return this.setFollowing(true);
  }

  /** The view left the end, or came back to it. */
  setFollowing(isFollowing: boolean): void {
    this.failedAt = undefined;
    this.#tail.follow(isFollowing);
    this.#options.onChange();
  }

  /** Loads a page before the window's first lines, or after its last; the far end is dropped. */
  async load(end: "start" | "end"): Promise<void> {
    if (this.isLoading || this.phase !== "ready") return;
    const { generation } = this.#opener;
    const isWanted = (): boolean => generation === this.#opener.generation;
    await (this.#sources.isPaged ? this.#runPager.load(end, isWanted) : this.#pager.load(end));
    if (!isWanted()) return;
    const farEnd = end === "start" ? "end" : "start";
    const isTrimmed = this.window.trim(farEnd);
    if (isTrimmed) this.#runPager.dropped(farEnd);
    if (this.#isEndReached) this.#attach(true);
    else if (isTrimmed) this.#attach(false);
    this.#holes.soon();
    this.#options.onChange();
    if (this.#isBehind) await this.#catchUp();
  }

  close(): void {
    this.#opener.close();
    this.#holes.close();
    this.#subscription.close();
  }

  #arrive(position: LogPosition): void {
    this.phase = "ready";
    this.position = position;
    // The hole check fetches lines printed while the page was loading.
    this.#attach(position.at === "end" || this.#isEndReached);
    this.#tail.follow(position.at === "end");
    this.#holes.soon();
    // Live lines that came meanwhile went into the window that this one has replaced.
    if (this.#sources.isPaged && this.#tail.isAttached) void this.#catchUp();
  }

  get #isEndReached(): boolean {
    return this.#sources.isPaged ? this.#runPager.isEndReached : this.#tail.isReached;
  }

  #attach(isAttached: boolean): void {
    if (isAttached && !this.#tail.isAttached && this.#sources.isPaged) this.#runPager.expectLive();
    this.#tail.attach(isAttached);
  }

  /** What was printed between the last page and the first live line. */
  async #catchUp(): Promise<void> {
    this.#isBehind = this.isLoading || this.#opener.isOpening;
    if (this.phase !== "ready" || this.#isBehind) return;
    const { generation } = this.#opener;
    await this.#runPager.load("end", () => generation === this.#opener.generation);
    if (generation !== this.#opener.generation) return;
    if (this.isFollowing && this.window.trim("start")) this.#runPager.dropped("start");
    this.#options.onChange();
    if (this.#isBehind) await this.#catchUp();
  }

  #onExecution(execution: Execution): void {
    const known = this.#sources.find(execution);
    if (known === undefined) this.#sources.add(execution, this.#sources.isPaged ? 0 : this.#pager.pageLines);
    else if (known.update(execution)) this.#holes.forget();
    if (!this.#isEndReached) this.#holes.soon();
    this.#options.onChange();
  }

  #fallBehind(): void {
    if (this.#opener.isOpening) return;
    if (this.isFollowing) void this.open({ at: "end" });
    else this.#tail.attach(false);
  }

  #scopeOfHoleCheck(): "nothing" | "within" | "behind" {
    if (this.phase !== "ready" || this.#opener.isOpening) return "nothing";
    if (!this.#tail.isAttached) return "within";
    if (!this.#tail.isFarBehind) return "behind";
    this.#fallBehind();
    return "nothing";
  }

  #onChecked(): void {
    if (this.#tail.isAttached && this.#tail.isFarBehind) this.#fallBehind();
    this.#options.onChange();
  }
}
