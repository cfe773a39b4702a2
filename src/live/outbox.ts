import type { Writable } from "node:stream";
import type { LoopTurns } from "../host/loop-turns.ts";
import type { LineRange } from "../wire/api.ts";
import { Backlog, type Loss } from "./backlog.ts";
import type { LinesMessage } from "./lines-message.ts";
import type { Source } from "./ports.ts";
import type { SummaryMessage } from "./summary-message.ts";

interface OutboxOptions {
  readonly ws: { send(text: string): void };
  /** The socket under `ws`: whole frames are written to it directly. */
  readonly socket: Writable;
  readonly turns: LoopTurns;
  readonly limits: { readonly maxBytes: number; readonly maxLines: number };
  /** Called when the viewer reads again, with the lines it missed. */
  readonly onLost: (losses: readonly Loss[]) => void;
  /** Called when more was missed than can be remembered: the connection must end. */
  readonly onOverflow: () => void;
  readonly countLostLines: (lines: number) => void;
}

/** Summaries, and executions with lost lines, remembered for a viewer that does not read. */
const MAX_WAITING_EXECUTIONS = 1_000;
/** Summaries in octets: one may exceed 10 KB, most have less than 1 KB. */
const MAX_WAITING_SUMMARY_BYTES = 4_194_304;
/** Texts, in octets, that may wait in the socket in addition to one history batch. */
const MAX_SOCKET_BYTES = 4_194_304;

/**
 * Everything sent to one viewer. Lines, history and summaries are written only while the socket accepts data; meanwhile
 * live lines wait in a bounded backlog.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #backlog: Backlog;
  /** The newest summary for each subscription and execution. */
  readonly #summaries = new Map<string, Buffer>();
  #summaryBytes = 0;
  #last: LinesMessage | undefined;
  #lastStep: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.limits);
    options.socket.on("drain", () => this.#drain());
  }

  /** Sends live lines once, however many of the viewer's subscriptions cover them. */
  lines(message: LinesMessage): void {
    if (this.#closed || this.#hasGot(message)) return;
    this.#last = message;
    if (!this.#blocked && this.#backlog.isEmpty) {
      this.#options.socket.write(message.frame);
      return;
    }
    const lost = this.#backlog.push(message);
    if (lost > 0) this.#options.countLostLines(lost);
    this.#checkBounds();
  }

  /** Records lines that will not be sent. */
  lose(source: Source, key: string, range: LineRange): void {
    this.#options.countLostLines(range[1] - range[0] + 1);
    this.#backlog.lose(source, key, range);
    this.#checkBounds();
    if (!this.#blocked) this.#drain();
  }

  /** Sends a summary; while the viewer does not read, only the newest of each execution is kept. */
  summary(subscription: number, message: SummaryMessage): void {
    if (this.#closed) return;
    const frame = message.frameFor(subscription);
    if (!this.#blocked) {
      this.#options.socket.write(frame);
      return;
    }
    const key = `${subscription} ${message.key}`;
    this.#summaryBytes += frame.length - (this.#summaries.get(key)?.length ?? 0);
    this.#summaries.set(key, frame);
    this.#checkBounds();
  }

  /** Sends an answer to the viewer at once. */
  text(text: string): void {
    if (this.#closed) return;
    if (this.#options.socket.writableLength > MAX_SOCKET_BYTES) this.#options.onOverflow();
    else this.#options.ws.send(text);
  }

  /** Sends history. Call it only inside a turn. */
  frame(frame: Buffer): void {
    if (!this.#closed) this.#options.socket.write(frame);
  }

  /** Runs steps of history one after another, each when the viewer has read the data written before. */
  turn<T>(step: () => Promise<T>): Promise<T> {
    const run = this.#lastStep.then(() => this.#writable()).then(() => this.#options.turns.run(step));
    this.#lastStep = run.then(
      () => undefined,
      () => undefined,
    );
    return run;
  }

  /** Ends the outbox with its connection: writes nothing more, and releases everyone who waits. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /**
   * Whether the viewer has these lines. Each line is published once: a message that ends where the last one ended is
   * the same, or the rest of it.
   */
  #hasGot({ key, firstN, count }: LinesMessage): boolean {
    const last = this.#last;
    return last !== undefined && firstN + count === last.firstN + last.count && key === last.key;
  }

  get #blocked(): boolean {
    return this.#options.socket.writableNeedDrain;
  }

  #writable(): Promise<void> {
    if (!this.#blocked || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #drain(): void {
    if (this.#closed) return;
    // One batch of history each time the socket is empty, even under live load: neither may starve the other.
    this.#wake?.();
    this.#wake = undefined;
    if (this.#backlog.lostExecutions > 0) this.#options.onLost(this.#backlog.takeLost());
    while (!this.#blocked) {
      const message = this.#backlog.shift();
      if (message === undefined) break;
      this.#options.socket.write(message.frame);
    }
    for (const [key, frame] of this.#summaries) {
      if (this.#blocked) break;
      this.#summaries.delete(key);
      this.#summaryBytes -= frame.length;
      this.#options.socket.write(frame);
    }
  }

  #checkBounds(): void {
    const waiting = Math.max(this.#backlog.lostExecutions, this.#summaries.size);
    const isFull = waiting > MAX_WAITING_EXECUTIONS || this.#summaryBytes > MAX_WAITING_SUMMARY_BYTES;
    if (isFull) this.#options.onOverflow();
  }
}
