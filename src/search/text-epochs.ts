import { setImmediate } from "node:timers/promises";
import { type Epoch, lastLines } from "./epoch.ts";
import { type EpochSizes, SEARCH_LIMITS } from "./limits.ts";
import type { LineJoiner } from "./line-joiner.ts";
import { NumberReader } from "./number-reader.ts";
import { RecordSplitter } from "./record-splitter.ts";
import { Ripgrep } from "./ripgrep.ts";
import type { RipgrepOutput } from "./ripgrep-arguments.ts";

/** Text is collected up to this many bytes, so that short blocks do not become single writes. */
const WRITE_BYTES = 32_768;
/** The event loop gets a turn after this much text, to receive ripgrep's hits or a stop. */
const TURN_BYTES = 524_288;

/** Calls from the epochs to their owner. */
interface EpochsPort {
  readonly joiner: LineJoiner;
  /** What ripgrep should print for the next lines. */
  output(): RipgrepOutput;
  args(output: RipgrepOutput): readonly string[];
  /** Called when all hits of an epoch are known. */
  onEpoch(): void;
}

/** Feeds text to one ripgrep after another. */
export class TextEpochs {
  readonly #port: EpochsPort;
  readonly #patternFd: number;
  readonly #sizes: EpochSizes;
  readonly #nowMs: () => number;
  readonly #tailLines: number;
  #epoch: Epoch;
  #epochBytes: number;
  #ripgrep: Ripgrep | undefined;
  #output: RipgrepOutput = "records";
  #fed = 0;
  #fedSinceMs = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #unturnedBytes = 0;
  #isStopped = false;
  /** The last lines of the execution that is being read, for context. */
  #tail: ReturnType<typeof lastLines> = { text: Buffer.alloc(0), count: 0 };

  constructor(options: {
    readonly port: EpochsPort;
    readonly first: Epoch;
    readonly patternFd: number;
    readonly sizes: EpochSizes;
    /** Number of lines that may be context of hits in the next epoch. */
    readonly tailLines: number;
    readonly nowMs: () => number;
  }) {
    this.#port = options.port;
    this.#epoch = options.first;
    this.#patternFd = options.patternFd;
    this.#sizes = options.sizes;
    this.#epochBytes = options.sizes.firstEpochBytes;
    this.#tailLines = options.tailLines;
    this.#nowMs = options.nowMs;
  }

  /** Starts the first ripgrep before there is text for it. Rejects with RipgrepError if ripgrep is not installed. */
  begin(): Promise<void> {
    this.#ripgrep = this.#start();
    return this.#ripgrep.started();
  }

  async feed(text: Buffer): Promise<void> {
    if (text.length === 0) return;
    if (this.#fed === 0) this.#fedSinceMs = this.#nowMs();
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    this.#fed += text.length;
    if (this.#tailLines > 0) this.#tail = lastLines(Buffer.concat([this.#tail.text, text]), this.#tailLines);
    if (this.#waitingBytes >= WRITE_BYTES) await this.#write();
    const isLong = this.#fed >= this.#epochBytes || this.#epoch.lines.count >= this.#sizes.maxEpochLines;
    if (isLong || this.#printsTooMuch) await this.end();
  }

  /** Ends an epoch that is old enough, so that hits of rare lines are soon shown. */
  async settle(): Promise<void> {
    if (this.#fed > 0 && this.#nowMs() - this.#fedSinceMs >= SEARCH_LIMITS.maxTextWaitsMs) await this.end();
  }

  /** Call between executions: lines of one are no context in the next. */
  forgetTail(): void {
    this.#tail = { text: Buffer.alloc(0), count: 0 };
  }

  /** Ends the epoch, after which all hits in the text so far are reported. Rejects with RipgrepError. */
  async end(): Promise<void> {
    await this.#write();
    await this.#ripgrep?.end();
    this.#ripgrep = undefined;
    if (this.#isStopped) return;
    const tail = this.#tail;
    this.#epoch = this.#epoch.end(tail.count);
    this.#port.joiner.lines = this.#epoch.lines;
    this.#port.onEpoch();
    this.#epochBytes = Math.min(this.#epochBytes * SEARCH_LIMITS.epochGrowth, SEARCH_LIMITS.maxEpochBytes);
    this.#fed = 0;
    this.#waiting = tail.count === 0 ? [] : [tail.text];
    this.#waitingBytes = tail.text.length;
  }

  /** Kills ripgrep; nothing more is written. */
  stop(): void {
    this.#isStopped = true;
    this.#ripgrep?.kill();
  }

  /** ripgrep prints nothing until `room` resolves. */
  pauseUntil(room: Promise<void>): void {
    const ripgrep = this.#ripgrep;
    ripgrep?.pause();
    void room.then(() => ripgrep?.resume());
  }

  async #write(): Promise<void> {
    if (this.#waitingBytes === 0 || this.#isStopped) return;
    this.#ripgrep ??= this.#start();
    const text = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (text === undefined) return;
    const room = this.#ripgrep.write(text);
    this.#unturnedBytes += text.length;
    if (room !== undefined) await room;
    else if (this.#unturnedBytes >= TURN_BYTES) await setImmediate();
    if (room !== undefined || this.#unturnedBytes >= TURN_BYTES) this.#unturnedBytes = 0;
    this.#port.joiner.reuse();
  }

  /** Parsing the text of a hit takes several times as long as its number, and no more texts will be shown. */
  get #printsTooMuch(): boolean {
    return this.#ripgrep !== undefined && this.#output === "records" && this.#port.output() === "numbers";
  }

  #start(): Ripgrep {
    this.#output = this.#port.output();
    const records = {
      maxBytes: SEARCH_LIMITS.maxRecordBytes,
      onRecord: (record: Buffer) => this.#epoch.takeRecord(record),
    };
    const reader =
      this.#output === "records"
        ? new RecordSplitter(records)
        : new NumberReader((ordinal) => this.#epoch.takeNumber(ordinal));
    return new Ripgrep({ args: this.#port.args(this.#output), patternFd: this.#patternFd, reader });
  }
}
