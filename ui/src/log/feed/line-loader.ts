import { WIRE_LIMITS } from "../../../../src/wire/limits.ts";
import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LogLine, LogLinePage } from "../../api-parse.ts";
import { skipMissing, skipMissingBack } from "./coverage.ts";
import type { LogSource } from "./log-source.ts";
import type { LogWindow } from "./log-window.ts";

interface LineLoaderOptions {
  readonly api: Pick<ApiClient, "lines" | "looks">;
  readonly window: LogWindow;
  /** Grows when the view moves elsewhere: answers to older requests are dropped. */
  readonly generation: () => number;
  readonly after: (ms: number, call: () => void) => () => void;
  /** The looks of lines have changed. */
  readonly onLooks: () => void;
}

/** The collector may take a while to read a long log: number of tries, and the wait before each. */
const LOOKS_TRIES = 20;
const LOOKS_AFTER_MS = 2_000;

/** Loads pages of stored lines into a window. Each call returns whether it succeeded. */
export class LineLoader {
  readonly #options: LineLoaderOptions;

  constructor(options: LineLoaderOptions) {
    this.#options = options;
  }

  /** Restarts the coverage at line `from`, printed at about `time`. */
  async restart(
    source: LogSource,
    { from, limit, time }: { from: number; limit: number; time?: string },
  ): Promise<boolean> {
    const { window } = this.#options;
    const { lastN } = source;
    const page = from > lastN ? NOTHING : await this.#ask(source, from, limit);
    if (page === undefined) return false;
    window.restart(source.index, from, time);
    window.extendEnd(source.index, page.lines, endOf(page, lastN));
    void this.#learnLooks(source, from);
    return true;
  }

  /**
   * Restarts the coverage with a page requested before the execution was known: either answer may be newer, so only the
   * page's lines, and missing ones beside them, are covered. False if the page is empty.
   */
  begin(source: LogSource, { lines }: LogLinePage): boolean {
    const { window } = this.#options;
    const [first, last] = [lines[0], lines.at(-1)];
    if (first === undefined || last === undefined) return false;
    const { execution, lastN } = source;
    const from = skipMissingBack(first.n - 1, execution) + 1;
    window.restart(source.index, from);
    window.extendEnd(source.index, lines, Math.max(last.n, Math.min(skipMissing(last.n + 1, execution) - 1, lastN)));
    void this.#learnLooks(source, from);
    return true;
  }

  /** Loads up to `limit` lines before the covered ones. */
  async before(source: LogSource, limit: number): Promise<boolean> {
    const { window } = this.#options;
    const covered = window.coverage(source.index).from;
    const until = skipMissingBack(covered - 1, source.execution);
    const from = Math.max(1, until - limit + 1);
    const lines = await this.#range(source, from, until);
    if (lines === undefined || window.coverage(source.index).from !== covered) return false;
    window.extendStart(source.index, lines, from);
    void this.#learnLooks(source, from);
    return true;
  }

  /** Loads up to `limit` lines after the covered ones. */
  async after(source: LogSource, limit: number): Promise<boolean> {
    const { window } = this.#options;
    const { lastN } = source;
    const from = skipMissing(window.coverage(source.index).to + 1, source.execution);
    const page = from > lastN ? NOTHING : await this.#ask(source, from, limit);
    if (page === undefined) return false;
    window.extendEnd(source.index, page.lines, endOf(page, lastN));
    return true;
  }

  /** Loads the stored lines from `from` to `to`, all within the covered range or right behind it. */
  async fill(source: LogSource, from: number, to: number): Promise<boolean> {
    const { window } = this.#options;
    const lines = await this.#range(source, from, to);
    if (lines === undefined) return false;
    window.fill(source.index, lines);
    if (window.coverage(source.index).to + 1 >= from) window.extendEnd(source.index, lines, to);
    return true;
  }

  /** Fetches the looks left on by earlier lines. Lines do not wait for them, and without an answer are plain. */
  async #learnLooks(source: LogSource, n: number, tries = LOOKS_TRIES): Promise<void> {
    if (n <= 1) return;
    const { api, window, generation, after, onLooks } = this.#options;
    const asked = generation();
    const answer = await api.looks(source.execution, n);
    if (!answer.ok || generation() !== asked) return;
    if (answer.value !== null) {
      window.know(source.index, n, answer.value);
      onLooks();
    } else if (tries > 1)
      after(LOOKS_AFTER_MS, () => {
        if (generation() === asked) void this.#learnLooks(source, n, tries - 1);
      });
  }

  async #range(source: LogSource, from: number, to: number): Promise<readonly LogLine[] | undefined> {
    const found: LogLine[] = [];
    let at = from;
    while (at <= to) {
      const page = await this.#ask(source, at, to - at + 1);
      if (page === undefined) return undefined;
      for (const line of page.lines) if (line.n <= to) found.push(line);
      at = Math.max(at + 1, page.next ?? to + 1);
    }
    return found;
  }

  async #ask(source: LogSource, from: number, limit: number): Promise<LogLinePage | undefined> {
    const generation = this.#options.generation();
    const range = { from, limit: Math.min(limit, WIRE_LIMITS.maxPageLines) };
    const answer: Answer<LogLinePage> = await this.#options.api.lines(source.execution, range);
    if (!answer.ok || this.#options.generation() !== generation) return undefined;
    return { ...answer.value, lines: source.corrected(answer.value.lines) };
  }
}

const NOTHING: LogLinePage = { lines: [], next: null };

/** The last n for which a page is authoritative: `lastN` when it was requested, or where it was cut. */
function endOf({ next }: LogLinePage, lastN: number): number {
  return next === null ? lastN : next - 1;
}
