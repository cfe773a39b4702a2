/** Each takes some 40 us to read and check; a socket hands over hundreds at once, and lines of jobs wait meanwhile. */
const AT_A_TIME = 64;
/** The answer of a provider may take a hundred times as long. */
const TURN_MS = 3;
const MAX_WAITING = 32_768;
const MAX_WAITING_BYTES = 64 * 2 ** 20;

interface MessageQueueOptions<T> {
  readonly take: (message: T) => void;
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
  #bytes = 0;

  constructor(options: MessageQueueOptions<T>) {
    this.#options = options;
    this.#soon = options.soon ?? setImmediate;
  }

  add(message: T): void {
    const bytes = this.#options.bytesOf(message);
    if (this.#waiting.length >= MAX_WAITING || this.#bytes + bytes > MAX_WAITING_BYTES) {
      this.#options.onFull(message);
      return;
    }
    if (this.#waiting.length === 0) this.#soon(() => this.#takeSome());
    this.#waiting.push(message);
    this.#bytes += bytes;
  }

  /** Drops waiting messages. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #takeSome(): void {
    const { take, bytesOf, nowMs } = this.#options;
    const endsAtMs = nowMs() + TURN_MS;
    let taken = 0;
    for (const message of this.#waiting) {
      take(message);
      this.#bytes -= bytesOf(message);
      taken += 1;
      if (taken === AT_A_TIME || nowMs() >= endsAtMs) break;
    }
    this.#waiting.splice(0, taken);
    if (this.#waiting.length > 0) this.#soon(() => this.#takeSome());
  }
}
