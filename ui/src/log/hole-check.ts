import type { LineRange } from "../../../src/wire/api.ts";
import { subtractRanges } from "./coverage.ts";
import type { LineLoader } from "./line-loader.ts";
import { buildItems } from "./log-items.ts";
import type { LogSource } from "./log-source.ts";
import type { LogWindow } from "./log-window.ts";

/** Holes remembered as asked for; with more, all are asked for again. */
const MAX_ASKED = 1_000;

export interface HoleCheckOptions {
  readonly window: LogWindow;
  readonly loader: LineLoader;
  readonly sources: readonly LogSource[];
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

  constructor(options: HoleCheckOptions) {
    this.#options = options;
  }

  /** What was asked for may have come since. */
  forget(): void {
    this.#asked.clear();
  }

  isMissing(source: LogSource, range: LineRange): boolean {
    return this.#unknown(source, range).length === 0;
  }

  /** Fetches what can be had of the holes within what is covered. */
  async fillWithin(): Promise<void> {
    const { window, sources } = this.#options;
    for (const hole of buildItems({ window, sources: sources.length, accepts: () => false })) {
      const source = sources[hole.source];
      if (source === undefined) continue;
      for (const range of this.#unknown(source, [hole.n, hole.to])) await this.#ask(source, range);
    }
  }

  /** Fetches what is stored behind what is covered: afterwards all that is known of is covered. */
  async fillBehind(): Promise<void> {
    const { window, sources } = this.#options;
    for (const source of sources) {
      const { lastN } = source;
      const behind: LineRange = [window.coverage(source.index).to + 1, lastN];
      if (behind[0] > behind[1]) continue;
      if (this.#unknown(source, behind).length === 0) window.extendEnd(source.index, [], lastN);
      else await this.#ask(source, behind);
    }
  }

  #unknown(source: LogSource, range: LineRange): LineRange[] {
    if (this.#asked.has(keyOf(source, range))) return [];
    return subtractRanges(range, source.execution.missing).filter((rest) => !this.#asked.has(keyOf(source, rest)));
  }

  async #ask(source: LogSource, range: LineRange): Promise<void> {
    if (!(await this.#options.loader.fill(source, range[0], range[1]))) return;
    if (this.#asked.size >= MAX_ASKED) this.#asked.clear();
    this.#asked.add(keyOf(source, range));
  }
}

function keyOf(source: LogSource, [from, to]: LineRange): string {
  return `${source.index} ${from}-${to}`;
}
