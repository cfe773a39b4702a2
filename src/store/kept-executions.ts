import { statfsSync } from "node:fs";
import type { IndexDb } from "./index/index-db.ts";
import type { OldRow, OldRowPlace } from "./index/oldest-rows.ts";
import type { RunName } from "./index/run-index.ts";
import type { Removal, Removed } from "./removal/remover.ts";
import type { Store } from "./store.ts";

/** The store as retention sees it: executions by their age, and what deletes them. Knows no viewer. */
export class KeptExecutions {
  readonly #store: Store;
  readonly #indexDb: IndexDb;

  constructor(store: Store, indexDb: IndexDb) {
    this.#store = store;
    this.#indexDb = indexDb;
  }

  oldest(after: OldRowPlace | undefined, limit: number, owner?: string): OldRow[] {
    return this.#indexDb.oldest.page(after, limit, owner).map((row) => this.#asKnown(row));
  }

  owners(): { owner: string; executions: number; bytes: number }[] {
    return this.#indexDb.oldest.owners();
  }

  isOfNewestRuns(of: RunName, newest: number): boolean {
    return this.#indexDb.runs.isOfNewest(of, newest);
  }

  settle(owner: string | undefined): Promise<void> {
    return this.#store.indexStates(owner);
  }

  removeUnused(batch: readonly Removal[]): Promise<Removed[]> {
    return this.#store.removeUnused(batch);
  }

  /** Undefined if the file system cannot be queried. */
  disk(): { freeBytes: number; totalBytes: number } | undefined {
    try {
      const { bavail, blocks, bsize } = statfsSync(this.#store.logsDir);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch {
      return undefined;
    }
  }

  holdBack(reason: string | undefined): void {
    this.#store.holdBack(reason);
  }

  /** Corrects a row from memory: on a full disk the index may still show ended executions as open, with size 0. */
  #asKnown(row: OldRow): OldRow {
    const execution = row.isOpen === 1 ? this.#store.slots.known(row) : undefined;
    if (execution?.isSettled !== true) return row;
    return { ...row, isOpen: 0, overAt: execution.overAt ?? "", diskBytes: execution.diskBytes };
  }
}
