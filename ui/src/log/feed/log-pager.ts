import { PAGE_LINES } from "./first-asks.ts";
import { forEachOf } from "./for-each-of.ts";
import type { LineLoader } from "./line-loader.ts";
import type { LogSource } from "./log-source.ts";
import type { LogWindow } from "./log-window.ts";
import { lackingEarlier, lackingLater } from "./merge-order.ts";

/** Lines per page of a job: a screen of each execution, together half the window. */
const JOB_PAGES_LINES = 10_000;
const JOB_PAGE = { least: 20, most: 200 };

/** Concurrent requests for lines. */
export const REQUESTS_AT_ONCE = 6;

/** Wait after a failed load. */
export const RETRY_AFTER_MS = 2_000;

interface LogPagerOptions {
  readonly window: LogWindow;
  readonly loader: LineLoader;
  readonly sources: () => readonly LogSource[];
  readonly generation: () => number;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Pages may be requested again after a failure. */
  readonly onRetry: () => void;
}

/** Extends a window by pages of stored lines, one request of the view at a time. */
export class LogPager {
  isLoading = false;
  readonly #options: LogPagerOptions;

  constructor(options: LogPagerOptions) {
    this.#options = options;
  }

  get pageLines(): number {
    const { window, sources } = this.#options;
    if (window.order === "n") return PAGE_LINES;
    const share = Math.floor(JOB_PAGES_LINES / Math.max(1, sources().length));
    return Math.max(JOB_PAGE.least, Math.min(JOB_PAGE.most, share));
  }

  /** Loads a page for each execution that holds the others back at this end of the window. */
  async load(end: "start" | "end"): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    const { window, loader, sources, generation, after, onRetry } = this.#options;
    const lacking = (end === "start" ? lackingEarlier : lackingLater)(window, sources());
    const asked = generation();
    let isWhole = true;
    await forEachOf(lacking.slice(0, REQUESTS_AT_ONCE), REQUESTS_AT_ONCE, async ({ source }) => {
      const page = end === "start" ? loader.before(source, this.pageLines) : loader.after(source, this.pageLines);
      isWhole = (await page) && isWhole;
    });
    if (isWhole || generation() !== asked) {
      this.isLoading = false;
    } else {
      after(RETRY_AFTER_MS, () => {
        this.isLoading = false;
        onRetry();
      });
    }
  }
}
