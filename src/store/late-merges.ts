import type { Log } from "../host/log.ts";
import { mergeLate } from "./merge-late.ts";
import type { OpenFiles } from "./open-files.ts";
import { failureCode } from "./storage-error.ts";
import type { StoredExecution } from "./stored-execution.ts";

/** Late lines go to their places once an execution is complete; one merge at a time, beside the live work. */
export class LateMerges {
  readonly #files: OpenFiles;
  readonly #log: Log;
  readonly #onMerged: (execution: StoredExecution) => void;
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

  /** Resolves when no merge is under way. */
  get settled(): Promise<void> {
    return this.#last;
  }

  consider(execution: StoredExecution): void {
    if (execution.delivery !== "complete" || execution.late === undefined || execution.isMerging) return;
    execution.isMerging = true;
    this.#last = this.#last.then(async () => {
      if (execution.isRemoved) return;
      try {
        await mergeLate(execution, this.#files);
        this.#onMerged(execution);
      } catch (error) {
        // The lines are stored and are read in order from where they are.
        const fields = { path: execution.base, error: failureCode(error) };
        this.#log.event("warning", "late lines stay in a file of their own", fields);
      } finally {
        execution.isMerging = false;
      }
    });
  }
}
