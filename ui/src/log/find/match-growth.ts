import type { MatchPage } from "./match-pages.ts";
import type { MatchRows, WholeLog } from "./match-rows.ts";
import type { MatchSearch } from "./match-search.ts";

/** New lines of a running command are searched this often. */
const GROW_EVERY_MS = 1_000;

interface MatchGrowthOptions {
  readonly log: WholeLog;
  /** Whether one execution is searched, by the numbers of its lines. */
  readonly isOne: boolean;
  readonly rows: MatchRows;
  readonly search: MatchSearch;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Whether the list has room for new matches. */
  readonly isWanted: () => boolean;
  /** Whether another page is being loaded. */
  readonly isLoading: () => boolean;
  /** Aborted when another part of the list is opened. */
  readonly signal: () => AbortSignal;
  readonly onGrown: () => void;
}

/** Tracks how far a log has been searched, and searches lines printed later. */
export class MatchGrowth {
  /** Matches lie beyond the last one held. */
  hasLater = false;
  readonly #options: MatchGrowthOptions;
  /** The highest line of the one execution that was searched. */
  #searchedTo = 0;
  #added = 0;
  #cancel: (() => void) | undefined;

  constructor(options: MatchGrowthOptions) {
    this.#options = options;
  }

  get searchedTo(): number {
    return this.#searchedTo;
  }

  /** Matches that were found after the log had been searched. */
  get added(): number {
    return this.#added;
  }

  get lastN(): number {
    return this.#options.log.sources[0]?.lastN ?? 0;
  }

  /** Takes a page towards the end, which was at `lastN` when the page was requested. */
  reached({ matches, hasMore }: MatchPage, lastN: number): void {
    this.hasLater = hasMore;
    this.#searchedTo = hasMore ? (matches.at(-1)?.lastN ?? lastN) : lastN;
  }

  /** Call when the log has changed. Searches lines printed since, at most once a second. */
  grown(): void {
    const { log, isOne, after, isWanted } = this.#options;
    const hasGrown = isOne ? this.lastN > this.#searchedTo : log.isLive;
    if (!hasGrown || this.hasLater || !isWanted()) return;
    this.#cancel ??= after(GROW_EVERY_MS, () => {
      this.#cancel = undefined;
      void this.#grow();
    });
  }

  close(): void {
    this.#cancel?.();
  }

  async #grow(): Promise<void> {
    const { isOne, rows, search, isLoading, signal, onGrown } = this.#options;
    if (isLoading()) return this.grown();
    const [wanted, { lastN }] = [signal(), this];
    const page = isOne
      ? await search.page({ from: this.#searchedTo + 1, direction: "next" }, wanted)
      : await search.since(wanted);
    if (wanted.aborted || page === undefined) return;
    if (isOne) this.reached(page, lastN);
    this.#added += await rows.add(page.matches);
    onGrown();
  }
}
