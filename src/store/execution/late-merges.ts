import type { Log } from "../../host/log.ts";
import type { OpenFiles } from "../disk/open-files.ts";
import { failureCode } from "../disk/storage-error.ts";
import { mergeLate } from "./merge-late.ts";
import type { StoredExecution } from "./stored-execution.ts";

interface Merge {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Moves late lines into place once an execution is complete; one merge at a time, beside the live work. */
export class LateMerges {
  readonly #files: OpenFiles;
  readonly #log: Log;
  readonly #onMerged: (execution: StoredExecution) => void;
  /** Waiting merges, and the running one. */
  readonly #merges = new Map<StoredExecution, Merge>();
  #underWay: StoredExecution | undefined;
  #last: Promise<void> = Promise.resolve();

  /** @param options.onMerged Called when a merge has changed the size of an execution's files. */
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

  /** Cancels its merge. Resolves when no merge uses the execution's files; other waiting merges do not delay it. */
  async cancel(execution: StoredExecution): Promise<void> {
    const merge = this.#merges.get(execution);
    merge?.abort.abort();
    if (this.#underWay === execution) await merge?.ended;
  }

  /** Leaves unfinished merges to the next start. */
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
      // The lines are stored, and can be read in order without a merge.
      const fields = { path: execution.base, error: failureCode(error) };
      this.#log.event("warning", "late lines stay in a separate file", fields);
    } finally {
      this.#underWay = undefined;
      this.#merges.delete(execution);
    }
  }
}
