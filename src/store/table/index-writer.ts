import { commandName, executionPath } from "../disk/log-path.ts";
import type { Origin } from "../execution/origin.ts";
import type { IndexDb } from "../index/index-db.ts";
import type { IndexRow } from "../index/index-row.ts";
import { inTurns, type Turns } from "./in-turns.ts";
import type { Slot } from "./slots.ts";

/** One transaction. Few, because whoever waits meanwhile waits for all of it. */
const ROWS_A_TURN = 4;

/** Path of an execution's files below `DATA/logs`, without ending. */
export function basePath(origin: Origin): string {
  return executionPath({ ...origin, command: commandName(origin.argv) });
}

/** Brings the index up to what the files say, in batches: a row for each line would cost more than the line. */
export class IndexWriter {
  readonly #index: IndexDb;
  readonly #changed = new Set<Slot>();
  readonly #untold = new Set<Slot>();
  /** New executions whose rows are not committed. */
  readonly #begun = new Set<Slot>();

  constructor(index: IndexDb) {
    this.#index = index;
  }

  /** Slots that were touched since the last call. */
  takeUntold(): readonly Slot[] {
    const untold = [...this.#untold];
    this.#untold.clear();
    return untold;
  }

  /** Before the files get ahead of a row, the row says so: after a crash the index knows which rows to doubt. */
  touch(slot: Slot): void {
    if (!slot.isOpenInIndex) {
      this.#index.setOpen(slot.identity);
      slot.isOpenInIndex = true;
    }
    this.#changed.add(slot);
    this.#untold.add(slot);
  }

  /** Makes the row of a new execution. It survives the process from `settle` on, so nothing is acknowledged before. */
  insert(slot: Slot): void {
    this.#begun.add(slot);
    this.#putSoon([slot]);
  }

  /** Nothing waits for `settle`. */
  get isSettled(): boolean {
    return this.#begun.size === 0;
  }

  /** Commits the rows of new executions: one commit for each would cost more than all the rest of a BEGIN. */
  settle(): void {
    if (this.#begun.size === 0) return;
    // Another change has committed them; or SQLite has rolled them back, as it does on a full disk.
    if (!this.#index.isUncommitted) this.#putSoon([...this.#begun]);
    this.#index.commit();
    this.#begun.clear();
  }

  /** Its files are gone: no row is written any more. */
  forget(slot: Slot): void {
    this.#changed.delete(slot);
    this.#untold.delete(slot);
    this.#begun.delete(slot);
  }

  flush(): void {
    if (this.#changed.size > 0) this.#flush([...this.#changed]);
  }

  /** Writes rows of one owner, or of all, in which more has changed than numbers: few, however many print. */
  flushStates(owner: string | undefined): void {
    const changed: Slot[] = [];
    for (const slot of this.#changed) {
      const { execution, stateInIndex } = slot;
      if (execution === undefined || execution.state === stateInIndex) continue;
      if (owner === undefined || execution.owner === owner) changed.push(slot);
    }
    if (changed.length > 0) this.#flush(changed);
  }

  /** Writes all rows in turns, beside the live work: ten thousand rows take half a second. */
  flushInTurns(onError: (error: unknown) => void): Turns {
    const changed = [...this.#changed];
    const pieces = Array.from({ length: Math.ceil(changed.length / ROWS_A_TURN) }, (_, i) =>
      changed.slice(i * ROWS_A_TURN, (i + 1) * ROWS_A_TURN),
    );
    return inTurns(pieces, (slots) => {
      try {
        this.#flush(slots.filter((slot) => this.#changed.has(slot)));
      } catch (error) {
        onError(error);
      }
    });
  }

  #flush(slots: readonly Slot[]): void {
    this.#index.put(this.#rowsOf(slots));
    this.#written(slots);
    for (const slot of slots) this.#changed.delete(slot);
  }

  #putSoon(slots: readonly Slot[]): void {
    for (const row of this.#rowsOf(slots)) this.#index.putSoon(row);
    this.#written(slots);
  }

  #rowsOf(slots: readonly Slot[]): IndexRow[] {
    return slots.flatMap(({ execution, identity }) => {
      if (execution === undefined) return [];
      const { origin, isSettled, diskBytes } = execution;
      const base = basePath(origin);
      return [{ ...identity, base, execution: execution.summary(), isOpen: !isSettled, diskBytes }];
    });
  }

  #written(slots: readonly Slot[]): void {
    for (const slot of slots) {
      slot.isOpenInIndex = slot.execution?.isSettled === false;
      slot.stateInIndex = slot.execution?.state;
    }
  }
}
