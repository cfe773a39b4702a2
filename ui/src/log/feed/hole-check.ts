import type { LineRange } from "../../../../src/wire/api.ts";
import { subtractRanges } from "./coverage.ts";
import type { LineLoader } from "./line-loader.ts";
import { buildItems } from "./log-items.ts";
import { RETRY_AFTER_MS } from "./log-pager.ts";
import type { LogSource } from "./log-source.ts";
import type { LogWindow } from "./log-window.ts";

/** Holes remembered as requested; beyond this number all are requested again. */
const MAX_ASKED = 1_000;

/** Largest hole that is filled. The window ends at a larger one. */
const MAX_FILLED_LINES = 5_000;

/** Live lines may arrive slightly out of order: wait before requesting what seems to be missing. */
const CHECK_AFTER_MS = 150;

interface HoleCheckOptions {
  readonly window: LogWindow;
  readonly loader: LineLoader;
  readonly sources: () => readonly LogSource[];
  readonly after: (ms: number, call: () => void) => () => void;
  readonly generation: () => number;
  /** Called right before a check: which holes to fill, and whether to include those behind the covered lines. */
  readonly scope: () => "nothing" | "within" | "behind";
  readonly onChecked: () => void;
}

/**
 * Distinguishes missing lines from lines that only this viewer missed, and fetches the latter.
 *
 * A hole is missing if the summary lists it, or if the API had nothing for it. Everything else was
 * lost on the way here: by a slow connection, a reconnect, a message that came early.
 */
export class HoleCheck {
  readonly #options: HoleCheckOptions;
  readonly #asked = new Set<string>();
  #cancel: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  #isRunning = false;
  #isFailing = false;

  constructor(options: HoleCheckOptions) {
    this.#options = options;
  }

  /** Schedules a check. Cheap: call it as often as needed. */
  soon(): void {
    this.#cancel ??= this.#options.after(CHECK_AFTER_MS, () => {
      this.#cancel = undefined;
      if (this.#isRunning) this.soon();
      else void this.#run();
    });
  }

  /** The last request for lines failed and will be repeated. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  close(): void {
    this.#cancel?.();
    this.#cancelRetry?.();
  }

  /** Call when requested lines may have arrived since: all holes are requested again. */
  forget(): void {
    this.#asked.clear();
    this.soon();
  }

  isMissing(source: LogSource, range: LineRange): boolean {
    return this.#unknown(source, range).length === 0;
  }

  async #run(): Promise<void> {
    const scope = this.#options.scope();
    if (scope === "nothing") return;
    const generation = this.#options.generation();
    this.#isRunning = true;
    const isWithinFilled = await this.#fillWithin();
    const isBehindFilled = scope === "within" || (await this.#fillBehind());
    this.#isRunning = false;
    const isElsewhere = generation !== this.#options.generation();
    this.#isFailing = !isElsewhere && !(isWithinFilled && isBehindFilled);
    if (this.#isFailing) this.#retry();
    this.#options.onChecked();
  }

  #retry(): void {
    this.#cancelRetry ??= this.#options.after(RETRY_AFTER_MS, () => {
      this.#cancelRetry = undefined;
      this.soon();
    });
  }

  async #fillWithin(): Promise<boolean> {
    const { window } = this.#options;
    let isFilled = true;
    const sources = this.#options.sources();
    for (const hole of buildItems({ window, sources: sources.length, accepts: () => false })) {
      const source = sources[hole.source];
      if (source === undefined) continue;
      for (const range of this.#unknown(source, [hole.n, hole.to])) {
        if (range[1] - range[0] < MAX_FILLED_LINES) isFilled = (await this.#ask(source, range)) && isFilled;
        else window.cut(source.index, range);
      }
    }
    return isFilled;
  }

  /** Fetches until all known lines are covered, except where they are too many to fetch. */
  async #fillBehind(): Promise<boolean> {
    const { window } = this.#options;
    let isFilled = true;
    for (const source of this.#options.sources()) {
      const { lastN } = source;
      const behind: LineRange = [window.coverage(source.index).to + 1, lastN];
      if (behind[0] > behind[1] || behind[1] - behind[0] >= MAX_FILLED_LINES) continue;
      if (this.#unknown(source, behind).length === 0) window.extendEnd(source.index, [], lastN);
      else isFilled = (await this.#ask(source, behind)) && isFilled;
    }
    return isFilled;
  }

  #unknown(source: LogSource, range: LineRange): LineRange[] {
    if (this.#asked.has(keyOf(source, range))) return [];
    return subtractRanges(range, source.execution.missing).filter((rest) => !this.#asked.has(keyOf(source, rest)));
  }

  async #ask(source: LogSource, range: LineRange): Promise<boolean> {
    if (!(await this.#options.loader.fill(source, range[0], range[1]))) return false;
    if (this.#asked.size >= MAX_ASKED) this.#asked.clear();
    this.#asked.add(keyOf(source, range));
    return true;
  }
}

function keyOf(source: LogSource, [from, to]: LineRange): string {
  return `${source.index} ${from}-${to}`;
}
