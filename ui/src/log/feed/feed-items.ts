import { enclosuresOf } from "./enclosures.ts";
import { buildItems } from "./log-items.ts";
import type { Item } from "./log-row.ts";
import type { LogWindow } from "./log-window.ts";
import { mergedTimes } from "./merge-order.ts";
import type { SourceList } from "./source-list.ts";
import { terminal } from "./terminal.ts";

/** The items that a window shows: rows, and holes between them. Rebuilt only when something has changed. */
export class FeedItems {
  readonly #window: LogWindow;
  readonly #sources: SourceList;
  #items: readonly Item[] = [];
  #state = "";

  constructor(window: LogWindow, sources: SourceList) {
    this.#window = window;
    this.#sources = sources;
  }

  /** @param isAttached Whether live lines are added at the end. */
  items(isAttached: boolean): readonly Item[] {
    const window = this.#window;
    const { all, lastN, isPaged } = this.#sources;
    const isFlat = window.hasMoves && terminal() === undefined;
    const state = `${window.version} ${all.length} ${lastN} ${isAttached} ${isPaged} ${isFlat}`;
    if (state === this.#state) return this.#items;
    const times = isPaged ? {} : mergedTimes(window, all, isAttached);
    const merged = window.order === "time" ? { ...times, enclosures: enclosuresOf(all) } : {};
    this.#items = buildItems({ window, sources: all.length, accepts: () => true, ...merged });
    this.#state = state;
    return this.#items;
  }
}
