import type { Log } from "../../host/log.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { failureCode } from "../disk/storage-error.ts";
import { mergeLate } from "./merge-late.ts";
import type { StoredExecution } from "./stored-execution.ts";

interface Merge {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Late lines go to their places once an execution is complete; one merge at a time, beside the live work. */
export class LateMerges {
  readonly #files: OpenFiles;
  readonly #log: Log;
  readonly #onMerged: (execution: StoredExecution) => void;
  /** Merges that wait, and the one under way. */
  readonly #merges = new Map<StoredExecution, Merge>();
  #underWay: StoredExecution | undefined;
  #last: Promise<void> = Promise.resolve();

  /** @param options.onMerged Its files take another size now. */
  constructor(options: {
    readonly files: OpenFiles;
    readonly log: Log;
    readonly onMerged: (execution: StoredExecution) => void;
  }) {
    this.#files = options.files;
    this.#onMerged = options.onMerged;
    this.#log = options.log;
  }

  consider(execution: StoredExecution): void {
    if (!execution.canMerge || this.#merges.has(execution)) return;
    execution.isMergeDue = true;
    const abort = new AbortController();
    this.#last = this.#last.then(() => this.#merge(execution, abort.signal));
    this.#merges.set(execution, { abort, ended: this.#last });
  }

  /** Resolves when an execution's files are left alone, whatever others wait for. */
  async cancel(execution: StoredExecution): Promise<void> {
    const merge = this.#merges.get(execution);
    merge?.abort.abort();
    if (this.#underWay === execution) await merge?.ended;
  }

  /** Leaves what is not merged yet to the next start. */
  async stop(): Promise<void> {
    for (const { abort } of this.#merges.values()) abort.abort();
    await this.#last;
  }

  async #merge(execution: StoredExecution, signal: AbortSignal): Promise<void> {
    this.#underWay = execution;
    try {
      await mergeLate(execution, { files: this.#files, signal });
      execution.isMergeDue = false;
      this.#onMerged(execution);
    } catch (error) {
      if (signal.aborted) return;
      // The lines are stored and are read in order from where they are.
      const fields = { path: execution.base, error: failureCode(error) };
      this.#log.event("warning", "late lines stay in a file of their own", fields);
    } finally {
      this.#underWay = undefined;
      this.#merges.delete(execution);
    }
  }
}
