import type { LineRange } from "../../../../src/wire/api.ts";
import { subtractRanges } from "./coverage.ts";
import type { LineLoader } from "./line-loader.ts";
import { buildItems } from "./log-items.ts";
import { RETRY_AFTER_MS } from "./log-pager.ts";
import type { LogSource } from "./log-source.ts";
import type { LogWindow } from "./log-window.ts";

/** Holes remembered as asked for; with more, all are asked for again. */
const MAX_ASKED = 1_000;

/** Holes are filled up to this size. Behind a larger one the window ends. */
const MAX_FILLED_LINES = 5_000;

/** Live lines may overtake each other by a moment: wait before asking for what seems to be missing. */
const CHECK_AFTER_MS = 150;

export interface HoleCheckOptions {
  readonly window: LogWindow;
  readonly loader: LineLoader;
  readonly sources: () => readonly LogSource[];
  readonly after: (ms: number, call: () => void) => () => void;
  readonly generation: () => number;
  /** Asked right before a check: which holes are to be filled, those behind what is covered among them or not. */
  readonly scope: () => "nothing" | "within" | "behind";
  readonly onChecked: () => void;
}

/**
 * Tells lines that are missing from lines that only this viewer missed, and fetches the latter.
 *
 * A hole is missing when the summary lists it, or when the API was asked for it and had nothing. Everything else was
 * lost on the way to here: by a slow connection, a reconnect, a message that came early.
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

  /** Checks in a moment. Called as often as one likes. */
  soon(): void {
    this.#cancel ??= this.#options.after(CHECK_AFTER_MS, () => {
      this.#cancel = undefined;
      if (this.#isRunning) this.soon();
      else void this.#run();
    });
  }

  /** Lines could not be had when they were last asked for, and are asked for again. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  close(): void {
    this.#cancel?.();
    this.#cancelRetry?.();
  }

  /** What was asked for may have come since. */
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

  /** Afterwards all that is known of is covered, but for what is too much to fetch. */
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
