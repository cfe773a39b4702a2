/** Each takes some 40 us to read and check; a socket hands over hundreds at once, and lines of jobs wait meanwhile. */
const AT_A_TIME = 64;
/** A node sends again what is not answered, so that what has no room is late, and not lost. */
const MAX_WAITING = 32_768;
const MAX_WAITING_BYTES = 64 * 2 ** 20;

interface EventQueueOptions<T> {
  readonly take: (message: T) => void;
  readonly bytesOf: (message: T) => number;
  /** Calls in a later turn of the event loop. */
  readonly soon?: (act: () => void) => void;
  /** There is no room for a message: it is left out. */
  readonly onFull: () => void;
}

/** Messages of nodes in the order in which they came, some of them in each turn of the event loop. */
export class EventQueue<T> {
  readonly #options: EventQueueOptions<T>;
  readonly #soon: (act: () => void) => void;
  #waiting: T[] = [];
  #bytes = 0;

  constructor(options: EventQueueOptions<T>) {
    this.#options = options;
    this.#soon = options.soon ?? setImmediate;
  }

  add(message: T): void {
    const bytes = this.#options.bytesOf(message);
    if (this.#waiting.length >= MAX_WAITING || this.#bytes + bytes > MAX_WAITING_BYTES) {
      this.#options.onFull();
      return;
    }
    if (this.#waiting.length === 0) this.#soon(() => this.#takeSome());
    this.#waiting.push(message);
    this.#bytes += bytes;
  }

  /** What waits is not taken any more. */
  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #takeSome(): void {
    const some = this.#waiting.splice(0, AT_A_TIME);
    if (this.#waiting.length > 0) this.#soon(() => this.#takeSome());
    for (const message of some) {
      this.#bytes -= this.#options.bytesOf(message);
      this.#options.take(message);
    }
  }
}
