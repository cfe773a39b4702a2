/** More messages a second than this are more than anybody reads one by one. */
export const MANY_A_SECOND = 30;
/** Then they are handled together, as often as a page draws them: a message by itself costs more than its lines. */
export const GATHER_MS = 200;
/** Of what waits, in bytes of lines and characters of texts. */
const MAX_WAITING = 1_000_000;
/** Small ones cost by their number. */
const MAX_WAITING_MESSAGES = 10_000;

const SECOND_MS = 1_000;

interface MessageQueueOptions {
  readonly after: (ms: number, call: () => void) => () => void;
  readonly wallMs: () => number;
  readonly handle: (data: string | ArrayBuffer) => void;
}

/** Messages of a connection in their order: at once while few come, else several at a time. */
export class MessageQueue {
  readonly #options: MessageQueueOptions;
  #waiting: (string | ArrayBuffer)[] = [];
  #size = 0;
  #isBusy = false;
  /** Since when messages are counted, or since when they wait. */
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
    // Timers of a tab that nobody sees may be a minute late.
    const isFull = this.#size >= MAX_WAITING || this.#waiting.length >= MAX_WAITING_MESSAGES;
    if (elapsedMs >= GATHER_MS || isFull) this.flush();
    else this.#cancel ??= after(GATHER_MS - elapsedMs, () => this.flush());
  }

  /** Handles what waits. */
  flush(): void {
    const waiting = this.#waiting;
    const most = (MANY_A_SECOND * Math.max(GATHER_MS, this.#elapsedMs)) / SECOND_MS;
    this.clear();
    this.#begin(waiting.length > most);
    for (const data of waiting) this.#options.handle(data);
  }

  /** Forgets what waits. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = [];
    this.#size = 0;
  }

  /** A clock that was set back counts as one that went on: what waits must not wait for it. */
  get #elapsedMs(): number {
    return Math.abs(this.#options.wallMs() - this.#sinceMs);
  }

  #begin(isBusy: boolean): void {
    this.#isBusy = isBusy;
    this.#sinceMs = this.#options.wallMs();
    this.#count = 0;
  }
}
