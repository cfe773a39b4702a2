/** Above this rate nobody reads messages one by one. */
export const MANY_A_SECOND = 30;
/** Then messages are handled together, as often as a page draws: a single message costs more than its lines. */
export const GATHER_MS = 200;
/** Most that waits, in bytes of lines and characters of texts. */
const MAX_WAITING = 1_000_000;
/** Most messages waiting: small ones cost by number. */
const MAX_WAITING_MESSAGES = 10_000;

const SECOND_MS = 1_000;

interface MessageQueueOptions {
  readonly after: (ms: number, call: () => void) => () => void;
  readonly wallMs: () => number;
  readonly handle: (data: string | ArrayBuffer) => void;
}

/** Handles a connection's messages in order: at once while few arrive, else several at a time. */
export class MessageQueue {
  readonly #options: MessageQueueOptions;
  #waiting: (string | ArrayBuffer)[] = [];
  #size = 0;
  #isBusy = false;
  /** When counting, or waiting, began. */
  #sinceMs = 0;
  #count = 0;
  #cancel: (() => void) | undefined;

  constructor(options: MessageQueueOptions) {
    this.#options = options;
  }

  take(data: string | ArrayBuffer): void {
    const { after, handle } = this.#options;
    const elapsedMs = this.#elapsedMs;
    if (!this.#isBusy) {
      if (elapsedMs >= SECOND_MS) this.#count = 0;
      if (this.#count === 0) this.#sinceMs = this.#options.wallMs();
      this.#count += 1;
      if (this.#count > MANY_A_SECOND) this.#begin(true);
      handle(data);
      return;
    }
    this.#waiting.push(data);
    this.#size += typeof data === "string" ? data.length : data.byteLength;
    // Timers of a hidden tab may be a minute late.
    const isFull = this.#size >= MAX_WAITING || this.#waiting.length >= MAX_WAITING_MESSAGES;
    if (elapsedMs >= GATHER_MS || isFull) this.flush();
    else this.#cancel ??= after(GATHER_MS - elapsedMs, () => this.flush());
  }

  /** Handles all waiting messages. */
  flush(): void {
    const waiting = this.#waiting;
    const most = (MANY_A_SECOND * Math.max(GATHER_MS, this.#elapsedMs)) / SECOND_MS;
    this.clear();
    this.#begin(waiting.length > most);
    for (const data of waiting) this.#options.handle(data);
  }

  /** Discards all waiting messages. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = [];
    this.#size = 0;
  }

  /** A clock that was set back must not delay waiting messages. */
  get #elapsedMs(): number {
    return Math.abs(this.#options.wallMs() - this.#sinceMs);
  }

  #begin(isBusy: boolean): void {
    this.#isBusy = isBusy;
    this.#sinceMs = this.#options.wallMs();
    this.#count = 0;
  }
}
