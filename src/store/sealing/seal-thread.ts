import { Worker } from "node:worker_threads";
import type { SealedRecord } from "../sealed/member-table.ts";
import type { SealPaths } from "./seal-log.ts";

/** The thread's answer; `code` is that of a file system error. */
type Answer = { readonly sealed: SealedRecord } | { readonly failed: { code: string; message: string } };

/** Packing a log needs its filters in memory: 4 % of it. */
const HEAP_MB = 256;

/** The thread that packs logs, one at a time. It starts when it is needed. */
export class SealThread {
  readonly #file: URL;
  #worker: Worker | undefined;

  /** @param file The built worker.js. */
  constructor(file: URL) {
    this.#file = file;
  }

  /** Rejects with the file system's error, or when the thread is ended. */
  seal(paths: SealPaths): Promise<SealedRecord> {
    this.#worker ??= new Worker(this.#file, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void): void => {
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
        settled();
      };
      const onMessage = (answer: Answer): void =>
        settle(() => {
          if ("sealed" in answer) resolve(answer.sealed);
          else reject(Object.assign(new Error(answer.failed.message), { code: answer.failed.code }));
        });
      const onError = (error: Error): void => settle(() => this.#lose(worker, () => reject(error)));
      const onExit = (): void => onError(new Error("The thread that seals logs has ended"));
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      worker.postMessage(paths);
    });
  }

  /** Ends the thread, even in the middle of its work; what it has written so far is then unusable. */
  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #lose(worker: Worker, settled: () => void): void {
    if (this.#worker === worker) this.#worker = undefined;
    settled();
  }
}
