import type { Execution } from "../../../src/wire/api.ts";
import type { Target } from "../../../src/wire/live.ts";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient, Subscription } from "../live-client.ts";
import type { LiveLines } from "../live-lines.ts";
import { HoleCheck } from "./hole-check.ts";
import { LineLoader } from "./line-loader.ts";
import type { HoleRow, Item } from "./log-items.ts";
import { buildItems } from "./log-items.ts";
import type { LogPosition } from "./log-position.ts";
import { openSource } from "./log-position.ts";
import { LogSource } from "./log-source.ts";
import type { WindowLimits } from "./log-window.ts";
import { LogWindow, WINDOW_LIMITS } from "./log-window.ts";
import { lackingEarlier, lackingLater, mergedTimes } from "./merge-order.ts";
import type { LogTarget } from "./open-sources.ts";
import { findExecutions, forEachOf, MAX_SOURCES } from "./open-sources.ts";
import type { RowFilter } from "./row-filter.ts";

export interface LogFeedOptions {
  readonly api: Pick<ApiClient, "execution" | "executions" | "lines">;
  readonly live: Pick<LiveClient, "subscribe">;
  readonly target: LogTarget;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Something is to be drawn anew. May be called thousands of times a second. */
  readonly onChange: () => void;
  readonly limits?: WindowLimits;
}

export const FEED_LIMITS = {
  /** Lines of a page: a few screens. */
  pageLines: 1_000,
  /** The same for each execution of a job, and how many of them are asked at a time. */
  jobPageLines: 200,
  sourcesAtOnce: 6,
  /** A viewer that is further behind than this begins anew at the end. */
  maxBehindLines: 5_000,
  /** Live lines may overtake each other by a moment: wait before asking for what seems to be missing. */
  holeCheckAfterMs: 150,
  /** After a page could not be loaded. */
  retryAfterMs: 2_000,
} as const;

/**
 * One log as it is looked at: a window of stored lines, extended by pages from the API and, while it reaches to the
 * end, by live lines. Its state is read when it is drawn; everything in it is bounded by the window.
 */
export class LogFeed {
  readonly window: LogWindow;
  phase: "loading" | "ready" | "absent" | "failed" = "loading";
  /** Where the view has to go, once for each object. */
  position: LogPosition = { at: "end" };
  /** The job has more executions than are shown. */
  isPartial = false;
  isLoading = false;
  readonly #options: LogFeedOptions;
  readonly #sources: LogSource[] = [];
  readonly #loader: LineLoader;
  readonly #holes: HoleCheck;
  readonly #subscription: Subscription;
  #isFollowing = true;
  /** Live lines are taken in: the window reaches to the end. */
  #isAttached = true;
  #isOpening = false;
  #isCheckingHoles = false;
  #next: (LogPosition & { readonly at: "line" }) | undefined;
  #generation = 0;
  #pausedAtN = 0;
  #cancelHoleCheck: (() => void) | undefined;

  constructor(options: LogFeedOptions) {
    this.#options = options;
    this.window = new LogWindow(options.target.view === "job" ? "time" : "n", options.limits ?? WINDOW_LIMITS);
    this.#loader = new LineLoader({ api: options.api, window: this.window, generation: () => this.#generation });
    this.#holes = new HoleCheck({ window: this.window, loader: this.#loader, sources: this.#sources });
    this.#subscription = options.live.subscribe({
      what: subscriptionTarget(options.target),
      from: () => ({ from: "end", lines: this.#isAttached }),
      onExecution: (execution) => this.#onExecution(execution),
      onLines: (lines) => this.#onLines(lines),
      onLost: ({ x, node, to }) => {
        this.#sourceOf(x, node)?.see(to);
        this.#recheckHoles();
      },
      onLive: () => this.#recheckHoles(),
    });
  }

  get sources(): readonly LogSource[] {
    return this.#sources;
  }

  /** The view stays at the end. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  get hasEarlier(): boolean {
    return lackingEarlier(this.window, this.#sources).length > 0;
  }

  get hasLater(): boolean {
    return !this.#isAttached;
  }

  /** Something is still printing, or on its way. */
  get isLive(): boolean {
    return this.#sources.some(({ execution }) => execution.state === "running" || execution.delivery === "receiving");
  }

  /** Lines printed since the view left the end. */
  get newLines(): number {
    return this.#isFollowing ? 0 : Math.max(0, this.#lastN - this.#pausedAtN);
  }

  items(filter: RowFilter): readonly Item[] {
    const { window } = this;
    const times = window.order === "time" ? mergedTimes(window, this.#sources, this.#isAttached) : {};
    return buildItems({ window, sources: this.#sources.length, accepts: (row) => filter.accepts(row), ...times });
  }

  /** Whether the lines of a hole are known to be missing, rather than not fetched yet. */
  isMissing({ source, n, to }: HoleRow): boolean {
    const found = this.#sources[source];
    return found !== undefined && this.#holes.isMissing(found, [n, to]);
  }

  /** Opens the log, or moves to another part of it, whatever the window holds. */
  async open(position: LogPosition): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    this.#isOpening = true;
    const { api, target } = this.#options;
    const found = await findExecutions(api, target);
    if (found.ok && generation === this.#generation) {
      this.isPartial ||= found.value.isPartial;
      for (const execution of found.value.executions) this.#onExecution(execution);
      const how = { api, loader: this.#loader, position, limit: this.#pageLines };
      await forEachOf([...this.#sources], FEED_LIMITS.sourcesAtOnce, (source) => openSource(source, how));
    }
    if (generation !== this.#generation) return;
    this.#isOpening = false;
    if (found.ok) this.#arrive(position);
    else if (this.phase !== "ready") this.phase = found.status === 404 ? "absent" : "failed";
    this.#options.onChange();
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) await this.goTo(next);
  }

  /** Goes to a line of an execution; without asking where the window holds it. */
  async goTo(position: LogPosition & { readonly at: "line" }): Promise<void> {
    const { from, to } = this.window.coverage(0);
    if (this.#isOpening) {
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
    const started = this.#sources.map(({ execution }) => execution.startedAt).sort();
    return this.open({ at: "time", time: started[0] ?? "" });
  }

  async goToEnd(): Promise<void> {
    if (!this.#isAttached) return this.open({ at: "end" });
    this.setFollowing(true);
    this.position = { at: "end" };
    return this.#options.onChange();
  }

  /** The view has left the end, or has come back to it. */
  setFollowing(isFollowing: boolean): void {
    if (this.#isFollowing === isFollowing || (isFollowing && !this.#isAttached)) return;
    this.#isFollowing = isFollowing;
    this.#pausedAtN = this.#lastN;
    this.#options.onChange();
  }

  /** Brings a page before the window's first lines, or behind its last; what is furthest away is let go. */
  async load(end: "start" | "end"): Promise<void> {
    const lacking = (end === "start" ? lackingEarlier : lackingLater)(this.window, this.#sources);
    if (this.isLoading || this.phase !== "ready") return;
    this.isLoading = true;
    const generation = this.#generation;
    let isWhole = true;
    await forEachOf(lacking.slice(0, FEED_LIMITS.sourcesAtOnce), FEED_LIMITS.sourcesAtOnce, async ({ source }) => {
      const load = end === "start" ? this.#loader.before : this.#loader.after;
      isWhole = (await load.call(this.#loader, source, this.#pageLines)) && isWhole;
    });
    if (isWhole || generation !== this.#generation) this.isLoading = false;
    else this.#options.after(FEED_LIMITS.retryAfterMs, () => this.#endLoading());
    if (generation !== this.#generation) return;
    this.window.trim(end === "start" ? "end" : "start");
    this.#setAttached(this.#isAtEnd);
    this.#recheckHoles();
    this.#options.onChange();
  }

  close(): void {
    this.#generation += 1;
    this.#cancelHoleCheck?.();
    this.#subscription.close();
  }

  get #lastN(): number {
    return this.#sources.reduce((sum, { lastN }) => sum + lastN, 0);
  }

  get #isAtEnd(): boolean {
    return lackingLater(this.window, this.#sources).length === 0;
  }

  get #pageLines(): number {
    return this.#options.target.view === "job" ? FEED_LIMITS.jobPageLines : FEED_LIMITS.pageLines;
  }

  #arrive(position: LogPosition): void {
    this.phase = "ready";
    this.position = position;
    // Lines that were printed while the page was fetched come by the hole check.
    this.#setAttached(position.at === "end" || this.#isAtEnd);
    this.#isFollowing = position.at === "end";
    this.#pausedAtN = this.#lastN;
    this.#recheckHoles();
  }

  #endLoading(): void {
    this.isLoading = false;
    this.#options.onChange();
  }

  #setAttached(isAttached: boolean): void {
    if (this.#isAttached === isAttached) return;
    this.#isAttached = isAttached;
    if (!isAttached) this.setFollowing(false);
    this.#subscription.renew();
  }

  #sourceOf(x: string, node: string): LogSource | undefined {
    return this.#sources.find(({ execution }) => execution.x === x && execution.node === node);
  }

  #onExecution(execution: Execution): void {
    const known = this.#sourceOf(execution.x, execution.node);
    if (known === undefined) this.#addSource(execution);
    else if (known.update(execution)) this.#holes.forget();
    if (!this.#isAtEnd) this.#recheckHoles();
    this.#options.onChange();
  }

  #addSource(execution: Execution): void {
    const { target } = this.#options;
    if (target.node !== "" && execution.node !== target.node) return;
    if (this.#sources.length >= (target.view === "execution" ? 1 : MAX_SOURCES)) {
      this.isPartial = true;
      return;
    }
    const index = this.window.addSource(Math.max(1, execution.lastN - this.#pageLines + 1));
    this.#sources.push(new LogSource(index, execution));
  }

  #onLines({ header, lines }: LiveLines): void {
    const source = this.#sourceOf(header.x, header.node);
    if (source === undefined || this.phase !== "ready") return;
    source.see(header.n + header.count - 1);
    const { to } = this.window.coverage(source.index);
    if (header.n <= to) this.window.fill(source.index, lines);
    if (this.#isAttached && header.n - to > FEED_LIMITS.maxBehindLines) {
      this.#fallBehind();
    } else if (this.#isAttached) {
      if (header.n > to + 1) this.#recheckHoles();
      this.window.extendEnd(source.index, lines);
      if (this.window.isFull && this.#isFollowing) this.window.trim("start");
      else if (this.window.isFull) this.#setAttached(false);
    }
    this.#options.onChange();
  }

  #fallBehind(): void {
    if (this.#isOpening) return;
    if (this.#isFollowing) void this.open({ at: "end" });
    else this.#setAttached(false);
  }

  #recheckHoles(): void {
    if (this.#cancelHoleCheck !== undefined) return;
    this.#cancelHoleCheck = this.#options.after(FEED_LIMITS.holeCheckAfterMs, () => {
      this.#cancelHoleCheck = undefined;
      void this.#checkHoles();
    });
  }

  async #checkHoles(): Promise<void> {
    if (this.phase !== "ready" || this.#isOpening) return;
    if (this.#isCheckingHoles) return this.#recheckHoles();
    const isBehind = this.#sources.some(
      ({ index, lastN }) => lastN - this.window.coverage(index).to > FEED_LIMITS.maxBehindLines,
    );
    if (this.#isAttached && isBehind) return this.#fallBehind();
    this.#isCheckingHoles = true;
    await this.#holes.fillWithin();
    if (this.#isAttached) await this.#holes.fillBehind();
    this.#isCheckingHoles = false;
    this.#options.onChange();
  }
}

function subscriptionTarget(target: LogTarget): Target {
  if (target.view === "job") return { job: target.job };
  return target.node === "" ? { x: target.x } : { x: target.x, node: target.node };
}
