import { setImmediate } from "node:timers/promises";
import { LineTerms } from "../text/query/line-terms.ts";
import type { SearchEvent, SearchStop } from "../wire/search-event.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import { Epoch, lastLines } from "./epoch.ts";
import { type ExecutionFacts, Findings } from "./findings.ts";
import { type EpochSizes, SEARCH_LIMITS } from "./limits.ts";
import { LineJoiner } from "./line-joiner.ts";
import type { NumberRange } from "./number-windows.ts";
import { type Block, type LogPiece, readBlocks } from "./read-blocks.ts";
import { readMembers } from "./read-members.ts";
import { requiredGrams, requiredText } from "./required-text.ts";
import { Ripgrep, RipgrepError } from "./ripgrep.ts";
import { type RipgrepOutput, ripgrepArguments } from "./ripgrep-arguments.ts";

/** Less text than this waits, so that short blocks do not become single writes. */
const WRITE_BYTES = 16_384;
/** What an empty pipe takes in one write (pipe(7), "Pipe capacity"). */
const PIPE_BYTES = 65_536;
/** The loop gets a turn after so much: ripgrep's hits, and a stop, arrive in it. */
const TURN_BYTES = 524_288;
const LINE_FEED = 0x0a;
const PROGRESS_EVERY_BYTES = 8_388_608;

/** Some of the lines of one execution, in order. */
export interface SearchedPieces {
  readonly execution: ExecutionFacts;
  readonly pieces: readonly LogPiece[];
  /** Only lines that begin in it are searched. */
  readonly range: NumberRange;
  /** Whether these are the first and the last pieces around this range. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Its files could not be opened. */
  readonly isUnreadable: boolean;
}

/** How a search ended. */
export type SearchEnd = Extract<SearchEvent, { t: "end" }>;

/** What surrounds a search. */
export interface TaskPort {
  /** The next pieces; undefined after the last. The files of the ones before may be closed. */
  next(): Promise<SearchedPieces | undefined>;
  /** False: wait for `room` before more. */
  emit(event: SearchEvent): boolean;
  room(): Promise<void>;
}

/** One search, from files to events. Reading blocks the thread: it runs in a worker. */
export class SearchTask {
  readonly #request: SearchRequest;
  readonly #port: TaskPort;
  readonly #patternFd: number;
  readonly #sizes: EpochSizes;
  readonly #findings: Findings;
  /** What a line must have beside the pattern. */
  readonly #terms: LineTerms;
  readonly #joiner: LineJoiner;
  /** The executions of this search that ripgrep may still report. */
  readonly #executions = new Map<number, SearchedPieces["execution"]>();
  /** A block without it is not given to ripgrep. */
  readonly #required: Buffer | undefined;
  /** A member of a sealed log whose filter lacks one of these is not read. */
  readonly #grams: Uint32Array;
  #execution = 0;
  #epoch: Epoch;
  #epochBytes: number;
  #ripgrep: Ripgrep | undefined;
  #output: RipgrepOutput = "records";
  #fed = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #unturnedBytes = 0;
  /** The last lines of the execution that is being read, for context. */
  #tail: ReturnType<typeof lastLines> = { text: Buffer.alloc(0), count: 0 };
  readonly #tailLines: number;
  #read = { executions: 0, bytes: 0 };
  #unreadable = 0;
  #progressAt = PROGRESS_EVERY_BYTES;
  #stopped: { why: SearchStop; message?: string } | undefined;

  constructor(
    request: SearchRequest,
    options: { readonly port: TaskPort; readonly patternFd: number; readonly sizes?: Partial<EpochSizes> },
  ) {
    this.#request = request;
    this.#port = options.port;
    this.#patternFd = options.patternFd;
    this.#required = requiredText(request);
    this.#grams = requiredGrams(request);
    this.#sizes = { ...SEARCH_LIMITS, ...options.sizes };
    this.#epochBytes = this.#sizes.firstEpochBytes;
    this.#tailLines = request.after + Math.max(request.before, request.after);
    this.#findings = new Findings(request, {
      executionOf: (number) => this.#executions.get(number) ?? { x: "", node: "", owner: "", lastN: 0 },
      emit: (event) => this.#emit(event),
    });
    this.#terms = new LineTerms({ ...request, terms: request.also });
    this.#epoch = Epoch.first({
      after: request.after,
      isWanted: (found) => this.#terms.isEmpty || this.#terms.accepts(found.content().bytes.toString("utf8")),
      onLine: (lines, { found, isMatch, ...at }) => {
        if (this.#stopped !== undefined) return;
        if (isMatch) this.#findings.match(lines, found === undefined ? at : { ...at, found });
        else if (found !== undefined) this.#findings.context(lines, { ...at, found });
        if (this.#findings.isFull) this.stop("limit");
      },
    });
    this.#joiner = new LineJoiner(request, { lines: this.#epoch.lines, maxLineBytes: this.#sizes.maxLineBytes });
  }

  /** Rejects with RipgrepError if ripgrep refuses the pattern, or is not there. */
  async check(): Promise<void> {
    this.#ripgrep = this.#start("numbers");
    await this.#ripgrep.end();
    this.#ripgrep = undefined;
  }

  /** Emits everything, the returned end as the last. */
  async run(): Promise<SearchEnd> {
    try {
      for (;;) {
        const pieces = this.#stopped === undefined ? await this.#port.next() : undefined;
        if (pieces === undefined) break;
        await this.#search(pieces);
      }
      if (this.#stopped === undefined) await this.#endEpoch();
    } catch (error) {
      if (!(error instanceof RipgrepError)) throw error;
      this.#stopped ??= { why: "failed", message: error.message };
    }
    this.#findings.finish();
    const end: SearchEnd = {
      t: "end",
      ...this.#findings.totals(this.#read),
      capped: this.#stopped !== undefined,
      ...this.#stopped,
      longLines: this.#joiner.longLines,
      unreadable: this.#unreadable,
    };
    this.#port.emit(end);
    return end;
  }

  /** Says how far it is. */
  say(): void {
    if (this.#stopped === undefined) this.#emit({ t: "progress", ...this.#findings.totals(this.#read) });
  }

  /** Ends it soon, in the middle of a match as well; `run` resolves then. The first reason counts. */
  stop(why: SearchStop): void {
    this.#stopped ??= { why };
    this.#ripgrep?.kill();
  }

  async #search({ execution, pieces, range, isFirst, isLast, isUnreadable }: SearchedPieces): Promise<void> {
    if (isUnreadable) this.#unreadable += 1;
    if (isFirst) {
      this.#execution += 1;
      this.#executions.set(this.#execution, execution);
      this.#joiner.begin(this.#execution, range);
    }
    try {
      for (const piece of pieces) await this.#feedPiece(piece);
    } catch (error) {
      // What the disk does not give cannot be searched.
      if (!(error instanceof Error && "syscall" in error)) throw error;
      this.#unreadable += 1;
    }
    if (!isLast) return;
    await this.#feed(this.#joiner.finish());
    this.#tail = { text: Buffer.alloc(0), count: 0 };
    this.#read.executions += 1;
    if (this.#request.from !== undefined) await this.#endRange();
  }

  /** Hits of one range are known before the next one is read: it may not be necessary. */
  async #endRange(): Promise<void> {
    this.#read.executions = 1;
    await this.#endEpoch();
    this.#findings.endRange();
    if (this.#findings.isFull) this.stop("limit");
  }

  async #feedPiece(piece: LogPiece): Promise<void> {
    for (const { cri, firstN, passed } of this.#blocksOf(piece)) {
      if (this.#stopped !== undefined || this.#findings.isDone(this.#execution)) return;
      const from = firstN ?? this.#joiner.nextN;
      if (passed !== undefined) {
        await this.#feed(this.#joiner.pass(from, passed));
        continue;
      }
      const isWithout = this.#required !== undefined && !cri.includes(this.#required);
      if (!isWithout || !this.#joiner.skip(cri, from)) await this.#push(cri, from);
      this.#read.bytes += cri.length;
      if (this.#read.bytes < this.#progressAt) continue;
      this.#progressAt = this.#read.bytes + PROGRESS_EVERY_BYTES;
      this.say();
    }
  }

  /** So much at a time as a pipe takes at once: ripgrep reads while the next lines become text. */
  async #push(cri: Buffer, firstN: number): Promise<void> {
    for (let at = 0; at < cri.length; ) {
      const cut = cri.length - at <= PIPE_BYTES ? cri.length : cri.lastIndexOf(LINE_FEED, at + PIPE_BYTES - 1) + 1;
      const end = cut > at ? cut : cri.indexOf(LINE_FEED, at) + 1;
      const text = this.#joiner.push(cri.subarray(at, end), at === 0 ? firstN : this.#joiner.nextN);
      await this.#feed(text);
      at = end;
    }
  }

  #blocksOf(piece: LogPiece): Generator<Block> {
    const { sealed } = piece;
    if (sealed === undefined) return readBlocks(piece, this.#sizes.blockBytes);
    return readMembers({ ...piece, sealed }, this.#grams);
  }

  async #feed(text: Buffer): Promise<void> {
    if (text.length === 0) return;
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    this.#fed += text.length;
    if (this.#tailLines > 0) this.#tail = lastLines(Buffer.concat([this.#tail.text, text]), this.#tailLines);
    if (this.#waitingBytes >= WRITE_BYTES) await this.#write();
    if (this.#fed >= this.#epochBytes || this.#epoch.lines.count >= this.#sizes.maxEpochLines) await this.#endEpoch();
  }

  async #write(): Promise<void> {
    if (this.#waitingBytes === 0 || this.#stopped !== undefined) return;
    this.#ripgrep ??= this.#start(this.#findings.needsText ? "records" : "numbers");
    const text = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (text === undefined) return;
    const room = this.#ripgrep.write(text);
    this.#unturnedBytes += text.length;
    if (room !== undefined) await room;
    else if (this.#unturnedBytes >= TURN_BYTES) await setImmediate();
    if (room !== undefined || this.#unturnedBytes >= TURN_BYTES) this.#unturnedBytes = 0;
    this.#joiner.reuse();
  }

  async #endEpoch(): Promise<void> {
    await this.#write();
    await this.#ripgrep?.end();
    this.#ripgrep = undefined;
    if (this.#stopped !== undefined) return;
    const tail = this.#tail;
    this.#epoch = this.#epoch.end(tail.count);
    this.#joiner.lines = this.#epoch.lines;
    this.#findings.emitBuckets();
    this.#epochBytes = Math.min(this.#epochBytes * SEARCH_LIMITS.epochGrowth, SEARCH_LIMITS.maxEpochBytes);
    this.#fed = 0;
    this.#waiting = tail.count === 0 ? [] : [tail.text];
    this.#waitingBytes = tail.text.length;
    for (const number of this.#executions.keys()) if (number < this.#execution) this.#forget(number);
  }

  /** The last hit's execution may still be counted. */
  #forget(number: number): void {
    if (!this.#findings.isLast(number)) this.#executions.delete(number);
  }

  #start(output: RipgrepOutput): Ripgrep {
    this.#output = output;
    return new Ripgrep({
      args: ripgrepArguments(this.#request, output),
      patternFd: this.#patternFd,
      onRecord: (record) => this.#epoch.take(record, this.#output),
    });
  }

  #emit(event: SearchEvent): void {
    if (this.#port.emit(event)) return;
    const ripgrep = this.#ripgrep;
    ripgrep?.pause();
    void this.#port.room().then(() => ripgrep?.resume());
  }
}
