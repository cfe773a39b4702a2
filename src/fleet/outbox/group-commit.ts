import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { Transaction } from "./transaction.ts";

/** Time for work in one turn of the event loop, in which messages of nodes and users wait to be read. */
const TURN_MS = 3;
/** Pieces of work in one commit: the sender of the first waits for the last. */
const MAX_TOGETHER = 256;

/** The queue for the disk is full: the work was not done. */
export class OutboxBusyError extends Error {
  readonly code = "ML_OUTBOX_BUSY";

  constructor() {
    super(`Cannot store: too many changes wait for the disk, limit is ${FLEET_LIMITS.maxWaitingChanges}`);
  }
}

interface GroupCommitOptions {
  readonly transaction: Pick<Transaction, "begin" | "commit" | "rollback">;
  /** Steady. */
  readonly nowMs: () => number;
  /** Calls in a later turn of the event loop. */
  readonly soon?: (act: () => void) => void;
}

interface Work {
  readonly act: () => void;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Commits work on the database together: all of it shares one fsync, for which the whole thread waits. The work itself is spread
 * over several turns of the event loop.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #soon: (act: () => void) => void;
  #waiting: Work[] = [];
  /** Work in the open transaction. */
  #open: Work[] = [];

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#soon = options.soon ?? setImmediate;
  }

  /** Resolves with the result of `act` once it is stored. Rejects with an OutboxBusyError while there is no room. */
  add<T>(act: () => T): Promise<T> {
    if (this.#waiting.length >= FLEET_LIMITS.maxWaitingChanges) return Promise.reject(new OutboxBusyError());
    if (this.#waiting.length + this.#open.length === 0) this.#soon(() => this.#turn());
    return new Promise((resolve, reject) => {
      let result: { readonly value: T } | undefined;
      this.#waiting.push({
        act: () => {
          result = { value: act() };
        },
        done: () => (result === undefined ? reject(new Error("Cannot store: not done")) : resolve(result.value)),
        fail: reject,
      });
    });
  }

  #turn(): void {
    const { transaction } = this.#options;
    const isMore = () => this.#waiting.length > 0;
    try {
      this.#work();
      if (isMore() && this.#open.length < MAX_TOGETHER) {
        this.#soon(() => this.#turn());
        return;
      }
      transaction.commit();
    } catch (error) {
      transaction.rollback();
      const failed = this.#take();
      if (isMore()) this.#soon(() => this.#turn());
      for (const { fail } of failed) fail(error);
      return;
    }
    const stored = this.#take();
    if (isMore()) this.#soon(() => this.#turn());
    for (const { done } of stored) done();
  }

  /** Does waiting work until the turn's time is over or the commit is full. */
  #work(): void {
    const { transaction, nowMs } = this.#options;
    const endsAtMs = nowMs() + TURN_MS;
    const isNew = this.#open.length === 0;
    let count = 0;
    try {
      for (const work of this.#waiting) {
        count += 1;
        this.#open.push(work);
        if (isNew && count === 1) transaction.begin();
        work.act();
        if (this.#open.length >= MAX_TOGETHER || nowMs() >= endsAtMs) break;
      }
    } finally {
      this.#waiting.splice(0, count);
    }
  }

  #take(): readonly Work[] {
    const taken = this.#open;
    this.#open = [];
    return taken;
  }
}
