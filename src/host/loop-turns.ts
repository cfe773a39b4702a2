interface LoopTurnsOptions {
  /** Steps run in one turn of the event loop until this much time has passed; the others wait for the next turn. */
  readonly maxTurnMs?: number;
  /** Steady. */
  readonly nowMs?: () => number;
}

/** Longest turn before sockets, timers and other users go on. Short compared with the 50 ms that people notice. */
const MAX_TURN_MS = 5;

/**
 * Runs steps of long work between other events, first come, first served. Promises settle before the event loop
 * continues, so work that awaits only immediate answers would block everything else.
 *
 * Holds one step per caller: a caller waits for its step before it asks for the next.
 */
export class LoopTurns {
  readonly #maxTurnMs: number;
  readonly #nowMs: () => number;
  #steps: (() => void)[] = [];
  /** When this turn's time for steps ends; undefined before its first step. */
  #endMs: number | undefined;
  #isScheduled = false;

  constructor({ maxTurnMs = MAX_TURN_MS, nowMs = () => performance.now() }: LoopTurnsOptions = {}) {
    this.#maxTurnMs = maxTurnMs;
    this.#nowMs = nowMs;
  }

  /** Settles as `step` does. Never runs a step before it returns. */
  run<T>(step: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#steps.push(() => step().then(resolve, reject));
      this.#schedule();
    });
  }

  /**
   * Runs a step at once if this turn has time left and no other step waits, else in a later turn.
   *
   * @param expectedMs charged to the turn for work that the step starts and that runs after it has returned.
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
