import { Worker } from "node:worker_threads";
import { SEARCH_LIMITS } from "./limits.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/** A thread that searches. */
export interface SearchWorker {
  post(message: ToWorker): void;
  /** Undefined if nothing listens. */
  listener: ((message: FromWorker) => void) | undefined;
  /** Called once, if the thread fails. Then it must not be used again. */
  onFailure: ((error: Error) => void) | undefined;
  readonly hasFailed: boolean;
  end(): Promise<void>;
}

/** Keeps threads for the next search: starting one takes longer than many searches do. */
export class SearchWorkers {
  readonly #file: URL;
  readonly #all = new Set<SearchWorker>();
  #idle: { readonly worker: SearchWorker; readonly timer: NodeJS.Timeout }[] = [];

  /** @param file The built worker.js. */
  constructor(file: URL) {
    this.#file = file;
  }

  take(): SearchWorker {
    const idle = this.#idle.pop();
    clearTimeout(idle?.timer);
    return idle?.worker ?? this.#start();
  }

  /** Returns a worker whose search is over. */
  give(worker: SearchWorker): void {
    worker.listener = undefined;
    worker.onFailure = undefined;
    if (worker.hasFailed) return;
    const timer = setTimeout(() => this.#dismiss(worker), SEARCH_LIMITS.workerIdleMs);
    timer.unref();
    this.#idle.push({ worker, timer });
  }

  async close(): Promise<void> {
    for (const { timer } of this.#idle) clearTimeout(timer);
    this.#idle = [];
    await Promise.all([...this.#all].map((worker) => worker.end()));
  }

  #dismiss(worker: SearchWorker): void {
    this.#idle = this.#idle.filter((idle) => idle.worker !== worker);
    void worker.end();
  }

  #start(): SearchWorker {
    const thread = new Worker(this.#file, { resourceLimits: { maxOldGenerationSizeMb: SEARCH_LIMITS.workerHeapMb } });
    let hasFailed = false;
    const worker: SearchWorker = {
      post: (message) => thread.postMessage(message),
      listener: undefined,
      onFailure: undefined,
      get hasFailed() {
        return hasFailed;
      },
      end: async () => void (await thread.terminate()),
    };
    const fail = (error: Error): void => {
      hasFailed = true;
      this.#all.delete(worker);
      this.#idle = this.#idle.filter((idle) => idle.worker !== worker);
      worker.onFailure?.(error);
      worker.onFailure = undefined;
    };
    thread.on("message", (message: FromWorker) => worker.listener?.(message));
    thread.on("error", fail);
    thread.on("exit", () => fail(new Error("The thread of the search has ended")));
    this.#all.add(worker);
    return worker;
  }
}
