/**
 * RFC 1459, section 8.10: a server lets a client be ten seconds ahead, and counts two for each message. Less, because ours are
 * answered with messages of its own, and JOIN and PONG count as well.
 */
const BURST = 3;
const LINE_EVERY_MS = 2_000;
/** Waiting lines: two minutes' worth. Lines beyond are dropped, and a line says so. */
const MAX_WAITING = 60;

interface PacedLinesOptions {
  readonly send: (line: string) => void;
  /** Steady. */
  readonly nowMs: () => number;
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** The line that stands for those that were left out. */
  readonly leftOut: (count: number) => string;
}

interface Line {
  readonly text: string;
  /** False: it must not be sent any more. */
  readonly isStill: () => boolean;
}

/** Sends lines no faster than an IRC server takes them. */
export class PacedLines {
  readonly #options: PacedLinesOptions;
  readonly #waiting: Line[] = [];
  #leftOut = 0;
  /** When the server will have forgotten all that was sent. */
  #paidMs = 0;
  #cancel: (() => void) | undefined;

  constructor(options: PacedLinesOptions) {
    this.#options = options;
  }

  /** @param isStill asked before it is sent, which may be minutes later */
  add(text: string, isStill = (): boolean => true): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ text, isStill });
    else this.#leftOut += 1;
    this.#send();
  }

  /** Forgets what waits: the connection is gone, and who asked may be. */
  clear(): void {
    this.#waiting.length = 0;
    this.#leftOut = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #send(): void {
    if (this.#cancel !== undefined) return;
    const { nowMs, send, after, leftOut } = this.#options;
    for (;;) {
      while (this.#waiting[0]?.isStill() === false) this.#waiting.shift();
      const count = this.#leftOut;
      const next = this.#waiting[0]?.text ?? (count > 0 ? leftOut(count) : undefined);
      if (next === undefined) return;
      const now = nowMs();
      const waitMs = this.#paidMs - now - (BURST - 1) * LINE_EVERY_MS;
      if (waitMs > 0) {
        this.#cancel = after(() => {
          this.#cancel = undefined;
          this.#send();
        }, waitMs);
        return;
      }
      if (this.#waiting.shift() === undefined) this.#leftOut = 0;
      this.#paidMs = Math.max(this.#paidMs, now) + LINE_EVERY_MS;
      send(next);
    }
  }
}
