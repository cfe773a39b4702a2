import type { Execution, ExecutionPage } from "../../../src/wire/api.ts";
import type { RefusedExecutions } from "../../../src/wire/discard.ts";
import { WIRE_LIMITS } from "../../../src/wire/limits.ts";
import type { Answer, ApiClient } from "../api-client.ts";
import type { ListPlace } from "../url-state.ts";

export type ListFilter = Pick<ListPlace, "q" | "node" | "state">;

/** Executions held at most; who needs older ones filters. */
const MAX_LISTED = 2_000;
const PAGE = 100;

export interface ExecutionListOptions {
  readonly api: Pick<ApiClient, "executions">;
  readonly filter: ListFilter;
  readonly onChange: () => void;
}

/** The list of executions under one filter, newest first: pages from the API, kept fresh by what `/live` says. */
export class ExecutionList {
  readonly #options: ExecutionListOptions;
  readonly #byKey = new Map<string, Execution>();
  readonly #abort = new AbortController();
  #sorted: readonly Execution[] | undefined;
  #next: string | null = null;
  #phase: "loading" | "ready" | "failed" = "loading";
  #loadingMore = false;
  #refused: RefusedExecutions | undefined;
  /** What `/live` said while pages were on their way: newer than what they say. */
  readonly #fresh = new Set<string>();
  #pagesOnTheWay = 0;

  constructor(options: ExecutionListOptions) {
    this.#options = options;
  }

  get phase(): "loading" | "ready" | "failed" {
    return this.#phase;
  }

  /** Executions that are not in the list because nothing of them is stored. */
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

  /** The newest ones; again after a reconnect, when it brings what was missed, and what has changed of the others. */
  async load(): Promise<void> {
    const limit = Math.min(WIRE_LIMITS.maxPageExecutions, Math.max(PAGE, this.#byKey.size));
    const page = await this.#page({ limit });
    if (page.ok) this.#phase = "ready";
    else if (this.#phase === "loading") this.#phase = "failed";
    this.#options.onChange();
  }

  async loadMore(): Promise<void> {
    if (!this.hasMore || this.#loadingMore) return;
    this.#loadingMore = true;
    await this.#page({ before: this.#next ?? undefined, limit: PAGE });
    this.#loadingMore = false;
    this.#options.onChange();
  }

  /** Takes what `/live` says of an execution: new, changed, or none of this filter's (any more). */
  update(execution: Execution): void {
    const known = this.#byKey.has(keyOf(execution));
    if (!matches(execution, this.#options.filter)) {
      if (known) this.#byKey.delete(keyOf(execution));
      if (known && this.#pagesOnTheWay > 0) this.#fresh.add(keyOf(execution));
    } else if (known || this.#isInLoadedPart(execution)) {
      this.#byKey.set(keyOf(execution), execution);
      if (this.#pagesOnTheWay > 0) this.#fresh.add(keyOf(execution));
      if (this.#byKey.size > MAX_LISTED) this.#dropOldest();
    } else return;
    this.#sorted = undefined;
    this.#options.onChange();
  }

  close(): void {
    this.#abort.abort();
  }

  async #page(range: { before?: string | undefined; limit: number }): Promise<Answer<ExecutionPage>> {
    const { api, filter } = this.#options;
    this.#pagesOnTheWay += 1;
    const answer = await api.executions({ ...filter, ...range }, this.#abort.signal);
    this.#pagesOnTheWay -= 1;
    if (answer.ok) this.#put(answer.value, range.before);
    if (this.#pagesOnTheWay === 0) this.#fresh.clear();
    return answer;
  }

  #put({ executions, next, refused }: ExecutionPage, before: string | undefined): void {
    const isNewest = before === undefined;
    this.#refused = refused;
    const isOverlapping = executions.some((execution) => this.#byKey.has(keyOf(execution)));
    // So much is new that what is between this page and the ones before is not known: those are loaded again later.
    if (isNewest && next !== null && !isOverlapping) this.#byKey.clear();
    if (!isNewest || !isOverlapping) this.#next = next;
    for (const execution of executions) {
      const key = keyOf(execution);
      if (!this.#fresh.has(key)) this.#byKey.set(key, execution);
    }
    this.#sorted = undefined;
  }

  /** One that belongs to a page which is not loaded comes with that page. */
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

/** Ids have a fixed length, so id and node put together name one execution. */
export function keyOf({ x, node }: { readonly x: string; readonly node: string }): string {
  return x + node;
}

/** Whether an execution is one of a filter's: what the API answers for `node`, `state` and `q`. */
export function matches(execution: Execution, { q, node, state }: ListFilter): boolean {
  if (node !== "" && execution.node !== node) return false;
  if (state !== undefined && execution.state !== state) return false;
  if (q === "") return true;
  const { command, argv, job, x, labels } = execution;
  const said = [command, argv.join(" "), job, execution.node, x, ...Object.values(labels)];
  const wanted = q.toLowerCase();
  return said.some((text) => text.toLowerCase().includes(wanted));
}

/** As the API's pages are sorted. */
function newestFirst(a: Execution, b: Execution): number {
  return compare(b.startedAt, a.startedAt) || compare(b.x, a.x) || compare(b.node, a.node);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
