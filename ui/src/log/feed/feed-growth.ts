import type { FeedParts } from "./feed-parts.ts";

interface FeedGrowthOptions {
  readonly parts: FeedParts;
  /** The window holds a part of the log. */
  readonly isReady: () => boolean;
  readonly onChange: () => void;
}

/** Extends a feed's window page by page, and knows when it reaches the log's end: live lines follow there. */
export class FeedGrowth {
  readonly #options: FeedGrowthOptions;
  /** In a run read in pages: lines were printed that no page contains yet. */
  #isBehind = false;

  constructor(options: FeedGrowthOptions) {
    this.#options = options;
  }

  get isLoading(): boolean {
    const { pager, runPager } = this.#options.parts;
    return pager.isLoading || runPager.isLoading;
  }

  get isEndReached(): boolean {
    const { sources, runPager, tail } = this.#options.parts;
    return sources.isPaged ? runPager.isEndReached : tail.isReached;
  }

  /** Loads a page before the window's first lines, or after its last; the far end is dropped. */
  async load(end: "start" | "end"): Promise<void> {
    const { parts, isReady, onChange } = this.#options;
    const { opener, sources, runPager, pager, window, holes } = parts;
    if (this.isLoading || !isReady()) return;
    const { generation } = opener;
    const isWanted = (): boolean => generation === opener.generation;
    await (sources.isPaged ? runPager.load(end, isWanted) : pager.load(end));
    if (!isWanted()) return;
    const farEnd = end === "start" ? "end" : "start";
    const isTrimmed = window.trim(farEnd);
    if (isTrimmed) runPager.dropped(farEnd);
    if (this.isEndReached) this.attach(true);
    else if (isTrimmed) this.attach(false);
    holes.soon();
    onChange();
    if (this.#isBehind) await this.catchUp();
  }

  attach(isAttached: boolean): void {
    const { sources, runPager, tail } = this.#options.parts;
    if (isAttached && !tail.isAttached && sources.isPaged) runPager.expectLive();
    tail.attach(isAttached);
  }

  /** In a run read in pages: loads lines printed between the last page and the first live line. */
  async catchUp(): Promise<void> {
    const { parts, isReady, onChange } = this.#options;
    const { opener, runPager, window, tail } = parts;
    this.#isBehind = this.isLoading || opener.isOpening;
    if (!isReady() || this.#isBehind) return;
    const { generation } = opener;
    await runPager.load("end", () => generation === opener.generation);
    if (generation !== opener.generation) return;
    if (tail.isFollowing && window.trim("start")) runPager.dropped("start");
    onChange();
    if (this.#isBehind) await this.catchUp();
  }
}
