import type { LiveLines } from "../../live-lines.ts";
import type { LogWindow } from "./log-window.ts";
import { lackingLater, noteSilence } from "./merge-order.ts";
import type { SourceList } from "./source-list.ts";

/** A view further behind than this restarts at the end instead of fetching everything between. */
const MAX_BEHIND_LINES = 5_000;

interface LogTailOptions {
  readonly window: LogWindow;
  readonly sources: SourceList;
  /** Starts or stops the delivery of lines. */
  readonly onAttached: () => void;
  /** Lines were skipped. */
  readonly onGap: () => void;
  /** Rows at the start were dropped. */
  readonly onTrimmed: () => void;
  /** Too many lines were skipped to fetch them. */
  readonly onBehind: () => void;
}

/** The end of a log: whether live lines are added there, whether the view stays there, how much arrived since. */
export class LogTail {
  readonly #options: LogTailOptions;
  #isAttached = true;
  #isFollowing = true;
  #pausedAtN = 0;
  /** Rows were dropped at the start while the view follows; if reloaded, they would be dropped again. */
  #hasLetGo = false;

  constructor(options: LogTailOptions) {
    this.#options = options;
  }

  /** Live lines are added: the window reaches the end. */
  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** The view stays at the end; only possible if the window reaches it. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Lines printed since the view left the end. */
  get newLines(): number {
    return this.#isFollowing ? 0 : Math.max(0, this.#options.sources.lastN - this.#pausedAtN);
  }

  /** All known lines are covered. */
  get isReached(): boolean {
    return lackingLater(this.#options.window, this.#options.sources.all).length === 0;
  }

  get isFarBehind(): boolean {
    const { window, sources } = this.#options;
    return sources.all.some(({ index, lastN }) => lastN - window.coverage(index).to > MAX_BEHIND_LINES);
  }

  /** Whether another page fits, and would stay. */
  get hasRoom(): boolean {
    const { window, sources } = this.#options;
    if (this.#isFollowing && this.#hasLetGo) return false;
    return window.hasRoom({ followed: this.#isFollowing && !sources.isPaged });
  }

  /** Call when the window was refilled. */
  opened({ isFollowing }: { readonly isFollowing: boolean }): void {
    this.#hasLetGo = false;
    this.follow(isFollowing);
  }

  follow(isFollowing: boolean): void {
    if (isFollowing && !this.#isAttached) return;
    if (this.#isFollowing && !isFollowing) this.#pausedAtN = this.#options.sources.lastN;
    if (!isFollowing) this.#hasLetGo = false;
    this.#isFollowing = isFollowing;
  }

  attach(isAttached: boolean): void {
    if (this.#isAttached === isAttached) return;
    if (!isAttached) {
      this.follow(false);
      noteSilence(this.#options.window, this.#options.sources.all);
    }
    this.#isAttached = isAttached;
    this.#options.onAttached();
  }

  /** Adds live lines to the window if it reaches them. Elsewhere, the window grows until it is full. */
  take({ header, lines: printed }: LiveLines): void {
    const { window, sources, onGap, onBehind, onTrimmed } = this.#options;
    const source = sources.find(header);
    if (source === undefined) return;
    const lines = source.corrected(printed);
    source.see(header.n + header.count - 1);
    const { to } = window.coverage(source.index);
    if (header.n <= to) window.fill(source.index, lines);
    if (!this.#isAttached) return;
    if (header.n - to > MAX_BEHIND_LINES) {
      onBehind();
      return;
    }
    if (header.n > to + 1) onGap();
    window.extendEnd(source.index, lines);
    if (this.#isFollowing) {
      // A larger run is read in pages: fewer rows would be a few lines of each execution.
      if (!(sources.isPaged ? window.trim("start") : window.trimFollowed())) return;
      this.#hasLetGo = true;
      onTrimmed();
    } else if (window.isFull) this.attach(false);
  }
}
