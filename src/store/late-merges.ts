import { rmSync } from "node:fs";
import type { Log } from "../host/log.ts";
import { mergeLate } from "./merge-late.ts";
import type { OpenFiles } from "./open-files.ts";
import { failureCode } from "./storage-error.ts";
import type { StoredExecution } from "./stored-execution.ts";

/** Late lines go to their places once an execution is complete; one merge at a time, beside the live work. */
export class LateMerges {
  readonly #files: OpenFiles;
  readonly #log: Log;
  #last: Promise<void> = Promise.resolve();

  constructor(options: { readonly files: OpenFiles; readonly log: Log }) {
    this.#files = options.files;
    this.#log = options.log;
  }

  /** Resolves when no merge is under way. */
  get settled(): Promise<void> {
    return this.#last;
  }

  consider(execution: StoredExecution): void {
    const { main, late } = execution;
    if (execution.delivery !== "complete" || late === undefined) return;
    this.#last = this.#last.then(async () => {
      if (execution.isRemoved) return;
      try {
        this.#files.close(main);
        this.#files.close(late);
        await mergeLate(execution);
      } catch (error) {
        // The lines are stored and are read in order from where they are. What was written may be what fills the disk.
        rmSync(`${execution.base}.log.new`, { force: true });
        const fields = { path: execution.base, error: failureCode(error) };
        this.#log.event("warning", "late lines stay in a file of their own", fields);
      }
    });
  }
}
