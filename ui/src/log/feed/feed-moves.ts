import type { FeedParts } from "./feed-parts.ts";
import type { Unclear } from "./log-opener.ts";
import type { LinePosition, LogPosition, TimePosition } from "./log-position.ts";
import type { Item } from "./log-row.ts";

interface FeedMovesOptions {
  readonly parts: FeedParts;
  readonly items: () => readonly Item[];
  /** Called when the window holds the part of the log that was opened. */
  readonly onArrive: (position: LogPosition) => void;
  /** Called when the first position, or one other than the end, is reached. */
  readonly onArrived: () => void;
  readonly onChange: () => void;
}

/** Moves a feed to places of its log; opens those that its window does not hold. */
export class FeedMoves {
  phase: "loading" | "ready" | "absent" | "failed" | Unclear = "loading";
  /** Where the view must go. Each object is one request. */
  position: LogPosition = { at: "end" };
  /** A position that the view could not reach; it has not moved since. */
  failedAt: LogPosition | undefined;
  readonly #options: FeedMovesOptions;
  #next: LinePosition | TimePosition | undefined;

  constructor(options: FeedMovesOptions) {
    this.#options = options;
  }

  async open(position: LogPosition): Promise<void> {
    const { parts, onArrive, onArrived, onChange } = this.#options;
    this.#next = undefined;
    const outcome = await parts.opener.open(position);
    if (outcome === "stale") return;
    this.failedAt = outcome === "failed" ? position : undefined;
    // A view that follows a flood reopens the end again and again; nobody awaits that.
    const isAwaited = this.phase !== "ready" || position.at !== "end";
    if (outcome === "opened") {
      this.phase = "ready";
      this.position = position;
      onArrive(position);
    } else if (this.phase !== "ready") {
      this.phase = outcome;
    }
    if (isAwaited) onArrived();
    else onChange();
    if (this.#next !== undefined) await this.goTo(this.#next);
  }

  async goTo(position: LinePosition | TimePosition): Promise<void> {
    if (this.#options.parts.opener.isOpening) {
      // While the scroll bar is dragged, only the last place counts.
      this.#next = position;
    } else if (!this.#holds(position)) {
      await this.open(position);
    } else {
      this.position = position;
      this.setFollowing(false);
    }
  }

  async goToStart(): Promise<void> {
    const { window, sources } = this.#options.parts;
    if (window.order === "n") return this.goTo({ at: "line", n: 1, align: "top" });
    if (sources.isPaged) return this.open({ at: "time", time: "", row: undefined });
    const started = sources.all.map(({ execution }) => execution.startedAt).sort();
    return this.open({ at: "time", time: started[0] ?? "", row: undefined });
  }

  async goToEnd(): Promise<void> {
    const { tail, opener } = this.#options.parts;
    if (!tail.isAttached || opener.isOpening) return this.open({ at: "end" });
    this.position = { at: "end" };
    this.setFollowing(true);
  }

  setFollowing(isFollowing: boolean): void {
    this.failedAt = undefined;
    this.#options.parts.tail.follow(isFollowing);
    this.#options.onChange();
  }

  #holds(position: LinePosition | TimePosition): boolean {
    const { from, to } = this.#options.parts.window.coverage(0);
    if (position.at === "line") return position.n >= from && position.n <= to;
    const items = this.#options.items();
    const [first, last] = [items[0]?.time ?? "", items.at(-1)?.time ?? ""];
    return first <= position.time && position.time <= last;
  }
}
