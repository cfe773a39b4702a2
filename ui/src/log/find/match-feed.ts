import type { ApiClient } from "../../api-client.ts";
import type { LinePosition, LogPosition, TimePosition } from "../feed/log-position.ts";
import type { HoleRow, Item, LogRow } from "../feed/log-row.ts";
import type { LogSource } from "../feed/log-source.ts";
import type { RowOrder } from "../feed/row-order.ts";
import { compareRows } from "../feed/row-order.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { FindRequest } from "./find-request.ts";
import { MatchGrowth } from "./match-growth.ts";
import { MatchRows, type WholeLog } from "./match-rows.ts";
import { MAX_IN_MANY, MatchSearch, PAGE_MATCHES } from "./match-search.ts";
import { NearLines } from "./near-lines.ts";

/** Most matches of one execution held; a match has at most 4 KiB of text. */
const MAX_HELD = 3_000;

export interface MatchFeedOptions {
  readonly api: Pick<ApiClient, "search" | "lines">;
  readonly log: WholeLog;
  readonly request: FindRequest;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly onChange: () => void;
}

/** The matches of a whole log in place of its lines: a part of them around the view, extended as it moves. */
export class MatchFeed implements ViewedFeed {
  position: LogPosition = { at: "end" };
  failedAt: LogPosition | undefined;
  isReady = false;
  isLoading = false;
  isFailing = false;
  isFollowing = true;
  hasEarlier = false;
  readonly #options: MatchFeedOptions;
  readonly #near: NearLines;
  readonly #rows: MatchRows;
  readonly #search: MatchSearch;
  readonly #growth: MatchGrowth;
  #abort = new AbortController();
  #pausedAt = 0;

  constructor(options: MatchFeedOptions) {
    this.#options = options;
    this.#rows = new MatchRows(options.log);
    this.#search = new MatchSearch(options);
    const { log, request, after } = options;
    this.#growth = new MatchGrowth({
      ...{ log, after, isOne: request.isOne, rows: this.#rows, search: this.#search },
      isWanted: () => this.isReady && !this.#isFull,
      isLoading: () => this.isLoading,
      signal: () => this.#abort.signal,
      onGrown: () => this.#onGrown(),
    });
    this.#near = new NearLines(options.api, () => options.onChange());
  }

  get order(): RowOrder {
    return this.#options.log.order;
  }

  get sources(): readonly LogSource[] {
    return this.#options.log.sources;
  }

  get isLive(): boolean {
    return this.#options.log.isLive;
  }

  /** Why nothing could be found. */
  get problem(): string | undefined {
    return this.#search.problem;
  }

  /** Whether several executions have more matches than are held. */
  get isCapped(): boolean {
    return this.#search.isCapped;
  }

  get hasLater(): boolean {
    return this.#growth.hasLater;
  }

  get hasRoom(): boolean {
    return this.#rows.all.length + PAGE_MATCHES <= MAX_HELD;
  }

  get newLines(): number {
    return this.isFollowing ? 0 : Math.max(0, this.#rows.all.length - this.#pausedAt);
  }

  /** Matches, and the lines around those that were opened. */
  get items(): readonly Item[] {
    return this.#near.among(this.#rows.all, compareRows(this.order));
  }

  /** How often lines around a match were shown or hidden. */
  get opened(): number {
    return this.#near.changes;
  }

  /** Matches that were found after the log had been searched. */
  get added(): number {
    return this.#growth.added;
  }

  /** Shows or hides the lines around a match. */
  toggleNear(row: LogRow): void {
    const source = this.sources[row.source];
    if (source !== undefined) void this.#near.toggle(row, source);
  }

  isNearShown(row: LogRow): boolean {
    return this.#near.isShown(row);
  }

  async open(position: LogPosition): Promise<void> {
    if (position.at === "time" && this.isReady) {
      this.position = position;
      this.setFollowing(false);
      return;
    }
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.isLoading = true;
    const opened = await (this.#options.request.isOne ? this.#openOne(position, signal) : this.#openMany(signal));
    if (signal.aborted) return;
    this.isLoading = false;
    this.isReady = true;
    this.failedAt = opened ? undefined : position;
    if (opened) {
      this.position = position;
      this.isFollowing = position.at === "end";
    }
    this.#options.onChange();
  }

  async load(end: "start" | "end"): Promise<void> {
    const [first, last] = [this.#rows.all[0], this.#rows.all.at(-1)];
    if (this.isLoading || !this.#options.request.isOne) return;
    const { signal } = this.#abort;
    this.isLoading = true;
    const from =
      end === "start"
        ? (first?.n ?? 1) - 1
        : Math.max(last?.to ?? 0, this.#rows.all.length > 0 ? 0 : this.#growth.searchedTo) + 1;
    const lastN = this.#growth.lastN;
    const page = await this.#search.page({ from, direction: end === "start" ? "previous" : "next" }, signal);
    if (signal.aborted) return;
    this.isLoading = false;
    this.isFailing = page === undefined;
    if (page !== undefined) {
      if (end === "start") this.hasEarlier = page.hasMore;
      else this.#growth.reached(page, lastN);
      await this.#rows.add(page.matches);
      this.#trim(end === "start" ? "end" : "start");
    }
    this.#options.onChange();
  }

  async goTo(position: LinePosition | TimePosition): Promise<void> {
    if (position.at === "time") return this.open(position);
    const [first, last] = [this.#rows.all[0], this.#rows.all.at(-1)];
    const isHeld = first !== undefined && last !== undefined && position.n >= first.n && position.n <= last.to;
    if (!isHeld && this.#options.request.isOne) return this.open(position);
    this.position = position;
    this.setFollowing(false);
  }

  async goToStart(): Promise<void> {
    if (this.#options.request.isOne) return this.goTo({ at: "line", n: 1, align: "top" });
    this.position = { at: "time", time: "", row: undefined };
    this.setFollowing(false);
  }

  async goToEnd(): Promise<void> {
    if (this.hasLater) return this.open({ at: "end" });
    this.position = { at: "end" };
    this.setFollowing(true);
  }

  setFollowing(isFollowing: boolean): void {
    const follows = isFollowing && !this.hasLater;
    if (this.isFollowing && !follows) this.#pausedAt = this.#rows.all.length;
    this.isFollowing = follows;
    this.#options.onChange();
  }

  /** Call when the log has changed. */
  grown(): void {
    this.#growth.grown();
  }

  isMissing(_hole: HoleRow): boolean {
    return false;
  }

  close(): void {
    this.#abort.abort();
    this.#growth.close();
  }

  /** Whether no more fits: for several executions pages are not reloaded, so the reader would lose matches in view. */
  get #isFull(): boolean {
    return !this.#options.request.isOne && !this.isFollowing && this.#rows.all.length >= MAX_IN_MANY;
  }

  #onGrown(): void {
    if (this.isFollowing) this.#trim("start");
    this.#options.onChange();
  }

  async #openOne(position: LogPosition, signal: AbortSignal): Promise<boolean> {
    const lastN = this.#growth.lastN;
    const around = await this.#search.around(position, lastN, signal);
    if (around === undefined || signal.aborted) return false;
    const { before, after } = around;
    this.hasEarlier = before.hasMore;
    this.#growth.reached(after, lastN);
    await this.#rows.replace([...before.matches, ...after.matches]);
    return !signal.aborted;
  }

  async #openMany(signal: AbortSignal): Promise<boolean> {
    const found = await this.#search.all(signal);
    if (found === undefined) return false;
    await this.#rows.replace(found.matches);
    return !signal.aborted;
  }

  #trim(end: "start" | "end"): void {
    const { isOne } = this.#options.request;
    if (!this.#rows.trim(end, isOne ? MAX_HELD : MAX_IN_MANY)) return;
    if (!isOne) {
      this.#search.isCapped = true;
    } else if (end === "start") {
      this.hasEarlier = true;
    } else {
      this.#growth.hasLater = true;
      this.isFollowing = false;
    }
  }
}
