import { formatRunPlace, type RunPlace } from "../../../../src/wire/run-lines.ts";
import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LogLine, RunPage } from "../../api-parse.ts";
import { RETRY_AFTER_MS } from "./log-pager.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogWindow } from "./log-window.ts";
import { runQuery } from "./run-first-page.ts";
import type { SourceList } from "./source-list.ts";

/** Pages after the first read ahead. */
const PAGE_LINES = 1_000;

interface RunPagerOptions {
  readonly api: Pick<ApiClient, "runLines">;
  readonly window: LogWindow;
  readonly sources: SourceList;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Pages may be requested again after a failure. */
  readonly onRetry: () => void;
  readonly isNodeClock: boolean;
}

/**
 * Pages of a run with more executions than can be asked one by one: the collector merges them by time. Between the
 * first and the last row, the lines of every execution are complete.
 */
export class RunPager {
  isLoading = false;
  /** Whether the window reaches the first line of the run, and the last. */
  isStartReached = false;
  isEndReached = false;
  readonly #options: RunPagerOptions;

  constructor(options: RunPagerOptions) {
    this.#options = options;
  }

  /**
   * Restarts the window at a position, with the page requested there. Undefined: something else was opened meanwhile.
   */
  async open(
    position: LogPosition,
    asked: Promise<Answer<RunPage>>,
    isWanted: () => boolean,
  ): Promise<"opened" | "failed" | undefined> {
    const { window, sources } = this.#options;
    const answer = await asked;
    if (!isWanted()) return undefined;
    if (!answer.ok) return "failed";
    const { isMore } = answer.value;
    window.restartAll((source) => (sources.all[source]?.lastN ?? 0) + 1);
    const isTime = position.at === "time" && position.time !== "";
    this.isStartReached = position.at === "end" ? !isMore : !isTime;
    this.isEndReached = position.at === "end" || !isMore;
    this.#take(answer.value);
    return "opened";
  }

  /** Loads a page before the window's first row or after its last. */
  async load(end: "start" | "end", isWanted: () => boolean): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    const { window, after, onRetry } = this.#options;
    const place = this.#placeOf(end === "start" ? window.rows[0] : window.rows.at(-1));
    const side = end === "start" ? { before: place ?? "end" } : { after: place ?? "start" };
    const page = await this.#ask({ ...side, limit: PAGE_LINES });
    if (page === undefined) {
      after(RETRY_AFTER_MS, () => {
        this.isLoading = false;
        onRetry();
      });
      return;
    }
    this.isLoading = false;
    if (!isWanted()) return;
    if (end === "start") this.isStartReached = !page.isMore;
    else this.isEndReached = !page.isMore;
    this.#take(page);
  }

  /** Call when rows were dropped at this end. */
  dropped(end: "start" | "end"): void {
    if (end === "start") this.isStartReached = false;
    else this.isEndReached = false;
  }

  /** Call when live lines begin: everything printed up to now is in the window, or before it. */
  expectLive(): void {
    const { window, sources } = this.#options;
    for (const { index, lastN } of sources.all) {
      const { from, to } = window.coverage(index);
      if (to < from && from <= lastN) window.begin(index, lastN + 1);
    }
  }

  async #ask(range: { before?: string; after?: string; limit: number }): Promise<RunPage | undefined> {
    const { api, sources, isNodeClock } = this.#options;
    const { target } = sources;
    if (target.view !== "job") return undefined;
    const answer = await api.runLines({ ...runQuery({ target, isNodeClock }), ...range });
    return answer.ok ? answer.value : undefined;
  }

  #placeOf(
    row: { readonly source: number; readonly time: string; readonly n: number } | undefined,
  ): string | undefined {
    const x = row === undefined ? undefined : this.#options.sources.all[row.source]?.execution.x;
    if (row === undefined || x === undefined) return undefined;
    const place: RunPlace = { time: row.time, x, n: row.n };
    return formatRunPlace(place);
  }

  #take({ executions, lines }: RunPage): void {
    const { window, sources } = this.#options;
    const found = executions.map((execution) => {
      if (sources.find(execution) === undefined) sources.add(execution, 0);
      return sources.find(execution);
    });
    const ofEach: LogLine[][] = executions.map(() => []);
    for (const { s, ...line } of lines) ofEach[s]?.push(line);
    for (const [s, own] of ofEach.entries()) {
      const source = found[s];
      if (source !== undefined) putLines(window, source.index, source.corrected(own));
    }
  }
}

/** Adds lines of a page to those of their execution. */
function putLines(window: LogWindow, index: number, lines: readonly LogLine[]): void {
  const inOrder = [...lines].sort((a, b) => a.n - b.n);
  const first = inOrder[0];
  if (first === undefined) return;
  const { from, to } = window.coverage(index);
  if (to < from) window.begin(index, first.n, first.time);
  else if (first.n < from) window.extendStart(index, inOrder, first.n);
  window.fill(index, inOrder);
  window.extendEnd(index, inOrder);
}
