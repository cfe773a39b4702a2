import { setTimeout as pause } from "node:timers/promises";
import type { Metrics } from "../host/metrics.ts";
import type { SearchEvent, SearchStop } from "../wire/search-event.ts";
import { SearchRefusal } from "../wire/search-refusal.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { Viewer } from "../wire/viewer.ts";
import { type EpochSizes, SEARCH_LIMITS } from "./limits.ts";
import { type Place, type PlaceLimits, Places } from "./places.ts";
import type { SearchedArchive } from "./ports.ts";
import { RunningSearch } from "./running-search.ts";
import { SearchWorkers } from "./workers.ts";

interface SearchesOptions {
  readonly archive: SearchedArchive;
  readonly limits: PlaceLimits;
  /** The built worker.js. */
  readonly workerFile: URL;
  readonly metrics: Metrics;
  readonly sizes?: Partial<EpochSizes>;
  /** Most time of a search; by default 60 s for one execution, 300 s for more. */
  readonly maxMs?: number;
  /** How often it reports; 15 s by default. */
  readonly sayEveryMs?: number;
}

/** Searches of all users, each in a worker, as many at a time as the limits allow. */
export class Searches {
  readonly #options: SearchesOptions;
  readonly #places: Places;
  readonly #workers: SearchWorkers;
  readonly #ended: (why: string) => { inc(by?: number): void };
  readonly #longLines: { inc(by?: number): void };

  constructor(options: SearchesOptions) {
    this.#options = options;
    this.#places = new Places(options.limits);
    this.#workers = new SearchWorkers(options.workerFile);
    const { metrics } = options;
    this.#ended = metrics.counter("ml_searches_total", "Searches by how they ended", "outcome");
    this.#longLines = metrics.count("ml_search_long_lines_total", "Lines of which only the first MiB was searched");
    metrics.gauge("ml_searches_running", "Searches that run", () => this.#places.running);
    metrics.gauge("ml_searches_waiting", "Searches that wait", () => this.#places.waiting);
  }

  /**
   * Events as lines of JSON, whole lines at a time. The search ends when the consumer returns, or with `signal`. Throws
   * a SearchRefusal, and SeveralOwnersError, before the first event; later refusals are in `end`.
   */
  async *run(viewer: Viewer, request: SearchRequest, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const place = this.#ask(viewer);
    const mustWait = place.ahead > 0;
    try {
      while (place.ahead > 0 && !signal.aborted) {
        yield encode({ t: "waiting", ahead: place.ahead });
        await this.#turnOf(place, signal);
      }
      if (signal.aborted) return;
      yield* this.#search(viewer, { request, signal, hasBegun: mustWait });
    } finally {
      place.leave();
    }
  }

  /** Ends the threads. */
  close(): Promise<void> {
    return this.#workers.close();
  }

  /** Resolves when a search begins, must report that it waits, or is given up. */
  async #turnOf(place: Place, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const { sayEveryMs = SEARCH_LIMITS.sayEveryMs } = this.#options;
    await Promise.race([place.begun, pause(sayEveryMs, undefined, { signal: either }).catch(() => undefined)]);
    over.abort();
  }

  #ask(viewer: Viewer): Place {
    try {
      return this.#places.ask(viewer.uid);
    } catch (error) {
      this.#ended("busy").inc();
      throw error;
    }
  }

  async *#search(
    viewer: Viewer,
    { request, signal, hasBegun }: { request: SearchRequest; signal: AbortSignal; hasBegun: boolean },
  ): AsyncGenerator<Uint8Array, void> {
    const { archive, sizes = {}, maxMs = timeOf(request), sayEveryMs = SEARCH_LIMITS.sayEveryMs } = this.#options;
    const worker = this.#workers.take();
    const search = new RunningSearch({ worker, archive, viewer, request, sizes, sayEveryMs });
    const timer = setTimeout(() => search.stop("time"), maxMs);
    const abort = (): void => search.stop("time");
    signal.addEventListener("abort", abort, { once: true });
    let outcome: SearchStop | "done" | "gone" = "gone";
    let begun = hasBegun;
    try {
      for await (const events of search.events()) {
        begun = true;
        yield events;
      }
      outcome = signal.aborted ? "gone" : (search.end?.why ?? "done");
      this.#longLines.inc(search.end?.longLines ?? 0);
    } catch (error) {
      outcome = error instanceof SearchRefusal ? "refused" : "failed";
      if (!begun || !(error instanceof SearchRefusal)) throw error;
      yield encode(refusedEnd(error));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      search.stop("time");
      await search.over();
      this.#workers.give(worker);
      this.#ended(outcome).inc();
    }
  }
}

function timeOf({ what }: SearchRequest): number {
  return "x" in what ? SEARCH_LIMITS.oneExecutionMs : SEARCH_LIMITS.historyMs;
}

function encode(event: SearchEvent): Uint8Array {
  return Buffer.from(`${JSON.stringify(event)}\n`);
}

/** A refusal after the answer has begun. */
function refusedEnd({ message, problem }: SearchRefusal): SearchEvent {
  const nothing = { hits: 0, executions: 0, bytes: 0, longLines: 0, unreadable: 0 };
  return { t: "end", ...nothing, capped: true, why: "refused", message, problem };
}
