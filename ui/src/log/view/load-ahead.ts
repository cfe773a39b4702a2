import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { LogViewport } from "./log-viewport.ts";

/** The next page is loaded when fewer rows than this are left in a direction. */
const AHEAD_ROWS = 300;
/** For a run of 64 executions, six of which load at a time, a screen takes eleven pages. */
const PAGES_A_MOVE = 16;

type End = "start" | "end";

/**
 * Decides which page to load as the view nears an end of the loaded rows. A page that causes rows at the other end to
 * be dropped is loaded only if the reader moved that way, a few for each movement: folded rows may never fill a screen,
 * and both ends would forever load what the other has dropped.
 *
 * After opening a place, pages around it wait until the view has rested there or the reader moves, unless the screen
 * has room for them.
 */
export class LoadAhead {
  readonly #left: Record<End, number> = { start: 0, end: 0 };
  #isAwake = false;

  /** Call when the reader moved the view towards this end; undefined: to some place. */
  moved(towards?: End): void {
    this.#isAwake = true;
    this.#allow(towards);
  }

  /** Call when the view was moved to a requested place. */
  arrived(): void {
    this.#allow();
  }

  /** Call when the view came to rest. */
  rested(): void {
    this.#isAwake = true;
  }

  /** The end at which a page must be loaded now. */
  next(
    feed: Pick<ViewedFeed, "isReady" | "isLoading" | "hasRoom" | "hasEarlier" | "hasLater">,
    { items, topIndex, bottomIndex }: Pick<LogViewport, "items" | "topIndex" | "bottomIndex">,
  ): End | undefined {
    if (!feed.isReady || feed.isLoading) return undefined;
    if (!this.#isAwake && (topIndex > 0 || bottomIndex < items.length - 1)) return undefined;
    if (feed.hasLater && items.length - bottomIndex < AHEAD_ROWS && this.#mayLoad("end", feed.hasRoom)) return "end";
    if (feed.hasEarlier && topIndex < AHEAD_ROWS && this.#mayLoad("start", feed.hasRoom)) return "start";
    return undefined;
  }

  #allow(towards?: End): void {
    if (towards !== "end") this.#left.start = PAGES_A_MOVE;
    if (towards !== "start") this.#left.end = PAGES_A_MOVE;
  }

  #mayLoad(end: End, hasRoom: boolean): boolean {
    if (hasRoom) return true;
    if (this.#left[end] === 0) return false;
    this.#left[end] -= 1;
    return true;
  }
}
