import type { Execution, ExecutionPage } from "../../../src/wire/api.ts";
import type { RefusedExecutions } from "../../../src/wire/discard.ts";
import { WIRE_LIMITS } from "../../../src/wire/limits.ts";
import { searchText } from "../../../src/wire/search-text.ts";
import type { ApiClient } from "../api-client.ts";
import { keyOf } from "../execution-key.ts";
import type { ListPlace } from "../url-state.ts";

export type ListFilter = Pick<ListPlace, "q" | "node" | "state">;

/** Executions held at most; filters reach older ones. */
const MAX_LISTED = 2_000;
const PAGE = 100;

interface ExecutionListOptions {
  readonly api: Pick<ApiClient, "executions">;
  readonly filter: ListFilter;
  readonly onChange: () => void;
}

/** Executions matching one filter, newest first: pages from the API, kept fresh by `/live`. */
export class ExecutionList {
  readonly #options: ExecutionListOptions;
  readonly #byKey = new Map<string, Execution>();
  readonly #abort = new AbortController();
  #sorted: readonly Execution[] | undefined;
  #next: string | null = null;
  #phase: "loading" | "ready" | "failed" = "loading";
  #loadingMore = false;
  #refused: RefusedExecutions | undefined;
  /** Number of loads started, and the newest one that the list reflects. */
  #loadsAsked = 0;
  #loaded = 0;
  /** Updates from `/live` while pages were loading: newer than the pages. */
  readonly #fresh = new Map<string, Execution>();
  #questions = 0;

  constructor(options: ExecutionListOptions) {
    this.#options = options;
  }

  get phase(): "loading" | "ready" | "failed" {
    return this.#phase;
  }

  /** Executions missing from the list because none of their lines were stored. */
  get refused(): RefusedExecutions | undefined {
    return this.#refused;
  }

  get hasMore(): boolean {
    return this.#next !== null && this.#byKey.size < MAX_LISTED;
  }

  get executions(): readonly Execution[] {
    this.#sorted ??= [...this.#byKey.values()].sort(newestFirst);
    return this.#sorted;
  }

  /** Loads the newest. After a reconnect it reloads all that are held: any may have changed or gone. */
  async load(): Promise<void> {
    this.#loadsAsked += 1;
    const load = this.#loadsAsked;
    this.#questions += 1;
    const found = await this.#askNewest(this.#byKey.size);
    if (found === undefined && this.#phase === "loading") this.#phase = "failed";
    if (found !== undefined && load > this.#loaded) {
      this.#loaded = load;
      this.#phase = "ready";
      this.#refused = found.refused;
      this.#byKey.clear();
      this.#put(found);
    }
    this.#answered();
  }

  async loadMore(): Promise<void> {
    if (this.#next === null || !this.hasMore || this.#loadingMore) return;
    this.#loadingMore = true;
    this.#questions += 1;
    const loaded = this.#loaded;
    const page = await this.#ask({ before: this.#next, limit: PAGE });
    // The list may have been reloaded meanwhile; this page may no longer follow it.
    if (page !== undefined && loaded === this.#loaded) this.#put(page);
    this.#loadingMore = false;
    this.#answered();
  }

  /** Applies an update from `/live`: a new execution, a changed one, or one that left this filter. */
  update(execution: Execution): void {
    const key = keyOf(execution);
    if (this.#questions > 0 && (this.#fresh.has(key) || this.#fresh.size < MAX_LISTED)) this.#fresh.set(key, execution);
    if (this.#apply(execution)) this.#options.onChange();
  }

  close(): void {
    this.#abort.abort();
  }

  async #ask(range: { before?: string; limit: number }): Promise<ExecutionPage | undefined> {
    const { api, filter } = this.#options;
    const answer = await api.executions({ ...filter, ...range }, this.#abort.signal);
    return answer.ok ? answer.value : undefined;
  }

  /** Loads up to `count` of the newest; scrolling loads the rest. */
  async #askNewest(count: number): Promise<ExecutionPage | undefined> {
    const most = WIRE_LIMITS.maxPageExecutions;
    let found = await this.#ask({ limit: Math.min(most, Math.max(PAGE, count)) });
    for (let asked = most; asked < count && found !== undefined && found.next !== null; asked += most) {
      const page = await this.#ask({ before: found.next, limit: Math.min(most, count - asked) });
      if (page === undefined) break;
      found = { ...found, executions: [...found.executions, ...page.executions], next: page.next };
    }
    return found;
  }

  #answered(): void {
    this.#questions -= 1;
    if (this.#questions === 0) this.#fresh.clear();
    this.#options.onChange();
  }

  #put({ executions, next }: ExecutionPage): void {
    this.#next = next;
    for (const execution of executions) this.#byKey.set(keyOf(execution), execution);
    this.#sorted = undefined;
    for (const execution of this.#fresh.values()) this.#apply(execution);
  }

  /** Returns whether anything changed. */
  #apply(execution: Execution): boolean {
    const key = keyOf(execution);
    if (!matches(execution, this.#options.filter)) {
      if (!this.#byKey.delete(key)) return false;
    } else if (this.#byKey.has(key) || this.#isInLoadedPart(execution)) {
      this.#byKey.set(key, execution);
      if (this.#byKey.size > MAX_LISTED) this.#dropOldest();
    } else return false;
    this.#sorted = undefined;
    return true;
  }

  /** An execution that belongs to a page not loaded yet comes with that page. */
  #isInLoadedPart(execution: Execution): boolean {
    const oldest = this.executions.at(-1);
    return this.#next === null || oldest === undefined || newestFirst(execution, oldest) <= 0;
  }

  #dropOldest(): void {
    this.#sorted = undefined;
    const oldest = this.executions.at(-1);
    if (oldest !== undefined) this.#byKey.delete(keyOf(oldest));
  }
}

/** Whether an execution matches a filter, as the API decides for `node`, `state` and `q`. */
export function matches(execution: Execution, { q, node, state }: ListFilter): boolean {
  if (node !== "" && execution.node !== node) return false;
  if (state !== undefined && execution.state !== state) return false;
  return q === "" || searchText(execution).includes(q.toLowerCase());
}

/** The order of the API's pages. */
function newestFirst(a: Execution, b: Execution): number {
  const byStart = compare(b.startedAt, a.startedAt);
  return byStart || compare(b.x, a.x) || compare(b.node, a.node) || compare(b.owner, a.owner);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
