import type { LiveLines } from "../../live-lines.ts";
import type { LogWindow } from "./log-window.ts";
import { lackingLater, noteSilence } from "./merge-order.ts";
import type { SourceList } from "./source-list.ts";

/** Who is further behind than this begins anew at the end, rather than fetch everything between. */
const MAX_BEHIND_LINES = 5_000;

export interface LogTailOptions {
  readonly window: LogWindow;
  readonly sources: SourceList;
  /** Lines are wanted from now on, or not any more. */
  readonly onAttached: () => void;
  /** Lines have been passed over. */
  readonly onGap: () => void;
  /** So much has been passed over that it is not worth fetching. */
  readonly onBehind: () => void;
}

/** The end of a log: whether live lines are taken in there, whether the view stays there, how much came since. */
export class LogTail {
  readonly #options: LogTailOptions;
  #isAttached = true;
  #isFollowing = true;
  #pausedAtN = 0;

  constructor(options: LogTailOptions) {
    this.#options = options;
  }

  /** Live lines are taken in: the window reaches to the end. */
  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** The view stays at the end. Only where the window reaches to it. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Lines printed since the view left the end. */
  get newLines(): number {
    return this.#isFollowing ? 0 : Math.max(0, this.#options.sources.lastN - this.#pausedAtN);
  }

  /** All that is known of is covered. */
  get isReached(): boolean {
    return lackingLater(this.#options.window, this.#options.sources.all).length === 0;
  }

  get isFarBehind(): boolean {
    const { window, sources } = this.#options;
    return sources.all.some(({ index, lastN }) => lastN - window.coverage(index).to > MAX_BEHIND_LINES);
  }

  follow(isFollowing: boolean): void {
    if (isFollowing && !this.#isAttached) return;
    if (this.#isFollowing && !isFollowing) this.#pausedAtN = this.#options.sources.lastN;
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

  /** Live lines: they go to the window where it reaches to them. A reader's window grows until it is full. */
  take({ header, lines }: LiveLines): void {
    const { window, sources, onGap, onBehind } = this.#options;
    const source = sources.find(header);
    if (source === undefined) return;
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
    if (this.#isFollowing) window.trim("start");
    else if (window.isFull) this.attach(false);
  }
}
