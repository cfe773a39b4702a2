import { LoopTurns } from "../../host/loop-turns.ts";
import { commandName, executionPath } from "../disk/log-path.ts";
import type { Facts } from "../execution/facts.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { IndexRow } from "../index/index-row.ts";
import type { Slot } from "./slot.ts";
import { type SlicedWork, workInSlices } from "./work-in-slices.ts";

/** Rows per transaction. Few, since everything else waits for all of them. */
const ROWS_A_TURN = 4;
/** The same when a request waits for all rows: a transaction costs as much as three rows, and 32 take 3 ms. */
const STATES_A_STEP = 32;

/** Path of an execution's files below `DATA/logs`, without ending. */
export function basePath(facts: Facts): string {
  return executionPath({ ...facts, command: commandName(facts.argv) });
}

/** Updates the index from the files' state, in batches: a row for each line would cost more than the line. */
export class IndexWriter {
  readonly #indexDb: IndexDb;
  readonly #changed = new Set<Slot>();
  readonly #turns = new LoopTurns();
  readonly #untold = new Set<Slot>();
  /** New executions whose rows are not committed. */
  readonly #begun = new Set<Slot>();

  constructor(indexDb: IndexDb) {
    this.#indexDb = indexDb;
  }

  /** Slots touched since the last call. */
  takeUntold(): readonly Slot[] {
    const untold = [...this.#untold];
    this.#untold.clear();
    return untold;
  }

  /** Marks the row before the files get ahead of it: after a crash the index knows which rows to doubt. */
  touch(slot: Slot): void {
    if (!slot.isOpenInIndex) {
      this.#indexDb.setOpen(slot.identity);
      slot.opened();
    }
    this.#changed.add(slot);
    this.#untold.add(slot);
  }

  /** Creates the row of a new execution. It outlives the process only after `settle`, so acknowledge nothing before. */
  insert(slot: Slot): void {
    this.#begun.add(slot);
    this.#putSoon([slot]);
  }

  /** Whether nothing waits for `settle`. */
  get isSettled(): boolean {
    return this.#begun.size === 0;
  }

  /** Commits the rows of new executions: one commit each would cost more than the rest of a BEGIN. */
  settle(): void {
    if (this.#begun.size === 0) return;
    // Another change has committed them, or SQLite has rolled them back, as it does on a full disk.
    if (!this.#indexDb.isUncommitted) this.#putSoon([...this.#begun]);
    this.#indexDb.commit();
    this.#begun.clear();
  }

  /** Its files are gone: writes no more rows of it. */
  forget(slot: Slot): void {
    this.#changed.delete(slot);
    this.#untold.delete(slot);
    this.#begun.delete(slot);
  }

  flush(): void {
    if (this.#changed.size > 0) this.#flush([...this.#changed]);
  }

  /**
   * Writes rows of one owner, or of all, in which more has changed than numbers: few, however many print, but thousands
   * when a node has died. So they take turns, with those of other calls. Rejects with what SQLite throws.
   */
  async flushStates(owner: string | undefined): Promise<void> {
    const changed: Slot[] = [];
    for (const slot of this.#changed) {
      const { execution, stateInIndex } = slot;
      if (execution === undefined || execution.state === stateInIndex) continue;
      if (owner === undefined || execution.owner === owner) changed.push(slot);
    }
    for (let at = 0; at < changed.length; at += STATES_A_STEP) {
      const step = changed.slice(at, at + STATES_A_STEP);
      // Another call may have written them meanwhile.
      await this.#turns.run(async () => this.#flush(step.filter((slot) => this.#changed.has(slot))));
    }
  }

  /** Writes all rows in turns, beside the live work: ten thousand rows take half a second. */
  flushInSlices(onError: (error: unknown) => void): SlicedWork {
    const changed = [...this.#changed];
    const pieces = Array.from({ length: Math.ceil(changed.length / ROWS_A_TURN) }, (_, i) =>
      changed.slice(i * ROWS_A_TURN, (i + 1) * ROWS_A_TURN),
    );
    return workInSlices(pieces, (slots) => {
      try {
        this.#flush(slots.filter((slot) => this.#changed.has(slot)));
      } catch (error) {
        onError(error);
      }
    });
  }

  #flush(slots: readonly Slot[]): void {
    if (slots.length === 0) return;
    this.#indexDb.put(this.#rowsOf(slots));
    this.#written(slots);
    for (const slot of slots) this.#changed.delete(slot);
  }

  #putSoon(slots: readonly Slot[]): void {
    for (const row of this.#rowsOf(slots)) this.#indexDb.putSoon(row);
    this.#written(slots);
  }

  #rowsOf(slots: readonly Slot[]): IndexRow[] {
    return slots.flatMap(({ execution, identity }) => {
      if (execution === undefined) return [];
      const { facts, hasRun, overAt, isSettled, diskBytes, sealableSinceMs } = execution;
      const base = basePath(facts);
      const files = { base, isOpen: !isSettled, diskBytes, sealableSinceMs };
      return [{ ...identity, execution: execution.summary(), hasRun, overAt, ...files }];
    });
  }

  #written(slots: readonly Slot[]): void {
    for (const slot of slots) slot.written();
  }
}
