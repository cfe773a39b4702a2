import type { Execution } from "../../../../src/wire/api.ts";
import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LogLinePage } from "../../api-parse.ts";
import { askFirst, type FirstAsks } from "./first-asks.ts";
import { forEachOf } from "./for-each-of.ts";
import type { LineLoader } from "./line-loader.ts";
import { REQUESTS_AT_ONCE } from "./log-pager.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogSource } from "./log-source.ts";
import { findExecutions } from "./log-target.ts";
import { type OpenSourceOptions, openSource } from "./open-source.ts";
import { firstRunPage } from "./run-first-page.ts";
import type { RunPager } from "./run-pager.ts";
import type { SourceList } from "./source-list.ts";

interface LogOpenerOptions {
  readonly api: Pick<ApiClient, "execution" | "executions" | "lines" | "runLines">;
  readonly sources: SourceList;
  readonly loader: LineLoader;
  readonly runPager: RunPager;
  readonly pageLines: () => number;
  readonly isNodeClock: boolean;
  readonly onExecution: (execution: Execution) => void;
}

/** The address names no owner, and these users have such an execution. */
export interface Unclear {
  readonly owners: readonly string[];
}

/** Opens a log at a position: finds its executions and loads the page around it from each. */
export class LogOpener {
  isOpening = false;
  readonly #options: LogOpenerOptions;
  #generation = 0;

  constructor(options: LogOpenerOptions) {
    this.#options = options;
  }

  /** Grows when the view moves elsewhere: older requests are obsolete then. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * `failed`: not everything could be loaded. At the end a part suffices: the rest is requested
   * again. `stale`: something else was opened meanwhile, or the log was closed.
   */
  async open(position: LogPosition): Promise<"opened" | "absent" | "failed" | "stale" | Unclear> {
    const { api, sources, loader, runPager, pageLines, isNodeClock, onExecution } = this.#options;
    this.#generation += 1;
    const generation = this.#generation;
    this.isOpening = true;
    if (await this.#jump(position, generation)) return generation === this.#generation ? "opened" : "stale";
    if (generation !== this.#generation) return "stale";
    const updates = new Map(sources.all.map((source) => [source, source.updates]));
    let opened = 0;
    const { target } = sources;
    const isKnownSmall = target.view === "job" && sources.all.length > 0 && !sources.isPaged;
    const asked: FirstAsks = isKnownSmall
      ? { found: findExecutions(api, target) }
      : askFirst(api, { target, position, isNodeClock });
    const found = await asked.found;
    if (generation !== this.#generation) return "stale";
    if (found.ok) {
      sources.isPaged ||= found.value.isPartial;
      // Oldest first: ranks of a distributed program usually start in order.
      for (const execution of found.value.executions.toReversed()) {
        // Updates from `/live` since the request are newer than the answer.
        const known = sources.find(execution);
        if (known === undefined || updates.get(known) === known.updates) onExecution(execution);
      }
      const { owners } = sources;
      if (owners.length > 1) {
        this.isOpening = false;
        return { owners };
      }
      sources.settle();
      if (sources.isPaged && target.view === "job") {
        // A run expected to be small was not requested in pages.
        const page = asked.runLines ?? firstRunPage(api, { target, position, isNodeClock });
        const outcome = await runPager.open(position, page, () => generation === this.#generation);
        if (outcome === undefined) return "stale";
        this.isOpening = false;
        return outcome;
      }
      asked.forget?.();
      const how = { api, loader, position, limit: pageLines() };
      await forEachOf([...sources.all], REQUESTS_AT_ONCE, async (source) => {
        if (await (asked.lines === undefined ? openSource(source, how) : this.#openWith(asked.lines, source, how)))
          opened += 1;
      });
      if (generation !== this.#generation) return "stale";
    }
    this.isOpening = false;
    if (!found.ok && found.owners !== undefined) return { owners: found.owners };
    if (!found.ok) return found.status === 404 ? "absent" : "failed";
    const isEnough = opened === sources.all.length || (position.at === "end" && opened > 0);
    return isEnough ? "opened" : "failed";
  }

  /**
   * Uses the page requested together with the execution, unless it was too early for one, or the place lies elsewhere.
   */
  async #openWith(asked: Promise<Answer<LogLinePage>>, source: LogSource, how: OpenSourceOptions): Promise<boolean> {
    const { generation } = this;
    const page = await asked;
    if (generation !== this.generation) return false;
    const { loader, position } = how;
    const isThere = position.at === "end" || (position.at === "line" && position.n <= source.lastN);
    return (page.ok && isThere && loader.begin(source, page.value)) || openSource(source, how);
  }

  /**
   * Jumps to a line of a known single execution, whose other changes come from `/live`. False if the log must be
   * opened.
   */
  async #jump(position: LogPosition, generation: number): Promise<boolean> {
    const { api, sources, loader, pageLines } = this.#options;
    const [source] = sources.all;
    const isKnown = sources.target.view === "execution" && source !== undefined;
    if (!isKnown || position.at !== "line" || position.n > source.lastN) return false;
    const isOpened = await openSource(source, { api, loader, position, limit: pageLines() });
    if (isOpened && generation === this.#generation) this.isOpening = false;
    return isOpened;
  }

  close(): void {
    this.#generation += 1;
  }
}
