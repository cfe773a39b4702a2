export interface LoopTurnsOptions {
  /** Steps run in one turn of the event loop until this much time has gone by; the others wait for the next turn. */
  readonly maxTurnMs?: number;
  /** Steady. */
  readonly nowMs?: () => number;
}

/** Sockets, timers and other users get their turn after this. Short against the 50 ms that a person notices. */
const MAX_TURN_MS = 5;

/**
 * Runs steps of long work between other events, first come first served. Work that only awaits answers made at once
 * would keep the event loop from everybody else, because promises settle before the loop goes on.
 *
 * Holds as many steps as callers wait for: a caller waits for one before it asks for the next.
 */
export class LoopTurns {
  readonly #maxTurnMs: number;
  readonly #nowMs: () => number;
  #steps: (() => void)[] = [];
  /** End of the time for steps in this turn; undefined before its first step. */
  #endMs: number | undefined;
  #isScheduled = false;

  constructor({ maxTurnMs = MAX_TURN_MS, nowMs = () => performance.now() }: LoopTurnsOptions = {}) {
    this.#maxTurnMs = maxTurnMs;
    this.#nowMs = nowMs;
  }

  /** Settles as `step` does. A step is never run before this returns. */
  run<T>(step: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#steps.push(() => step().then(resolve, reject));
      this.#schedule();
    });
  }

  /**
   * Runs a step at once while this turn has time left and no other waits, else in a later turn.
   *
   * @param expectedMs charged to the turn for what the step sets off and that runs after it has returned.
   */
  soon(step: () => void, expectedMs = 0): void {
    const charged = (): void => {
      if (this.#endMs !== undefined) this.#endMs -= expectedMs;
      step();
    };
    if (this.#endMs === undefined) {
      this.#endMs = this.#nowMs() + this.#maxTurnMs;
      this.#schedule();
    }
    if (this.#steps.length === 0 && this.#nowMs() < this.#endMs) {
      charged();
    } else {
      this.#steps.push(charged);
      this.#schedule();
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    const steps = this.#steps;
    this.#steps = [];
    this.#endMs = this.#nowMs() + this.#maxTurnMs;
    let done = 0;
    for (const step of steps) {
      step();
      done += 1;
      if (this.#nowMs() >= this.#endMs) break;
    }
    this.#endMs = undefined;
    this.#steps = [...steps.slice(done), ...this.#steps];
    if (this.#steps.length > 0) this.#schedule();
  }
}
