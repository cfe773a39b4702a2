/** Messages in one turn: each takes some 40 us to read and check, a socket hands over hundreds at once, and all else of the fleet waits. */
const AT_A_TIME = 64;
/** Time of one turn: a provider's answer may take a hundred times as long as other messages. */
const TURN_MS = 3;
/** Messages waiting to be read plus those read but not yet stored. */
const MAX_WAITING = 32_768;
const MAX_WAITING_BYTES = 64 * 2 ** 20;

interface MessageQueueOptions<T> {
  /** Resolves when the message has been processed; never rejects. Undefined: processed already. */
  readonly take: (message: T) => Promise<void> | undefined;
  readonly bytesOf: (message: T) => number;
  /** Steady. */
  readonly nowMs: () => number;
  /** Calls in a later turn of the event loop. */
  readonly soon?: (act: () => void) => void;
  /** Called for a message that finds no room. */
  readonly onFull: (message: T) => void;
}

/** Handles nodes' messages in order of arrival, a few in each turn of the event loop. */
export class MessageQueue<T> {
  readonly #options: MessageQueueOptions<T>;
  readonly #soon: (act: () => void) => void;
  #waiting: T[] = [];
  /** Waiting messages and those still being processed. */
  #count = 0;
  #bytes = 0;

  constructor(options: MessageQueueOptions<T>) {
    this.#options = options;
    this.#soon = options.soon ?? setImmediate;
  }

  add(message: T): void {
    const bytes = this.#options.bytesOf(message);
    if (this.#count >= MAX_WAITING || this.#bytes + bytes > MAX_WAITING_BYTES) {
      this.#options.onFull(message);
      return;
    }
    if (this.#waiting.length === 0) this.#soon(() => this.#takeSome());
    this.#waiting.push(message);
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** Drops waiting messages. */
  clear(): void {
    for (const message of this.#waiting.splice(0)) this.#free(message);
  }

  #takeSome(): void {
    const { take, nowMs } = this.#options;
    const endsAtMs = nowMs() + TURN_MS;
    let taken = 0;
    for (const message of this.#waiting) {
      const taking = take(message);
      if (taking === undefined) this.#free(message);
      else void taking.then(() => this.#free(message));
      taken += 1;
      if (taken === AT_A_TIME || nowMs() >= endsAtMs) break;
    }
    this.#waiting.splice(0, taken);
    if (this.#waiting.length > 0) this.#soon(() => this.#takeSome());
  }

  #free(message: T): void {
    this.#count -= 1;
    this.#bytes -= this.#options.bytesOf(message);
  }
}
