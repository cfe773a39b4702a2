import { Problem } from "../wire/request-members.ts";
import type { SearchStop } from "../wire/search-event.ts";
import { SearchRefusal } from "../wire/search-refusal.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { EpochSizes } from "./limits.ts";
import type { SearchedArchive } from "./ports.ts";
import { SearchedLines } from "./searched-lines.ts";
import type { SearchEnd } from "./task-port.ts";
import type { FromWorker } from "./worker-messages.ts";
import type { SearchWorker } from "./workers.ts";

/** The collector's end of a search in a worker: opens files for it, and takes its events. */
export class RunningSearch {
  readonly #worker: SearchWorker;
  readonly #lines: SearchedLines;
  readonly #events: Uint8Array[] = [];
  #end: SearchEnd | undefined;
  #error: Error | undefined;
  #isOver = false;
  #isStopped = false;
  #wake: () => void = () => undefined;
  #whenOver: () => void = () => undefined;

  constructor(options: {
    readonly worker: SearchWorker;
    readonly archive: SearchedArchive;
    readonly viewer: Viewer;
    readonly request: SearchRequest;
    readonly sizes: Partial<EpochSizes>;
    readonly sayEveryMs: number;
  }) {
    const { worker, archive, viewer, request, sizes, sayEveryMs } = options;
    this.#worker = worker;
    this.#lines = new SearchedLines({ archive, viewer, request, sizes });
    worker.listener = (message) => this.#take(message);
    worker.onFailure = (error) => this.#finish(error);
    worker.post({ t: "search", request, sizes, sayEveryMs });
  }

  /** Undefined if it failed. */
  get end(): SearchEnd | undefined {
    return this.#end;
  }

  /** Asking for more confirms that earlier ones were sent. Throws what ended the search, such as a SearchRefusal. */
  async *events(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      // A refusal comes instead of all events, `end` included.
      if (this.#isOver && this.#error !== undefined) throw this.#error;
      const events = this.#error === undefined ? this.#events.shift() : undefined;
      if (events !== undefined) {
        yield events;
        this.#worker.post({ t: "sent", bytes: events.length });
      } else if (this.#isOver) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  stop(why: SearchStop): void {
    if (this.#isOver || this.#isStopped) return;
    this.#isStopped = true;
    this.#worker.post({ t: "stop", why });
  }

  /** Resolves when ripgrep has ended and the files are closed. */
  over(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenOver = resolve;
    });
  }

  #take(message: FromWorker): void {
    if (message.t === "next") {
      void this.#next();
      return;
    }
    if (message.t === "events") {
      this.#events.push(message.events);
      this.#wake();
      return;
    }
    if (message.t === "done") this.#end = message.end;
    const refused = message.t === "refused" ? message : undefined;
    this.#finish(refused && new SearchRefusal(refused.why, new Problem(refused.is, refused.values)));
  }

  async #next(): Promise<void> {
    try {
      const pieces = this.#isStopped ? [] : await this.#lines.next();
      this.#worker.post({ t: "pieces", pieces });
    } catch (error) {
      // The worker ends as if no more executions followed.
      this.#error ??= error instanceof Error ? error : new Error(String(error));
      this.#worker.post({ t: "pieces", pieces: [] });
    }
  }

  #finish(error: Error | undefined): void {
    this.#error ??= error;
    this.#isOver = true;
    this.#lines.close();
    this.#wake();
    this.#whenOver();
  }
}
