import { LineTerms } from "../text/query/line-terms.ts";
import type { SearchEvent, SearchStop } from "../wire/search-event.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import { blocksOf, type OpenPatterns } from "./blocks-of.ts";
import { Epoch } from "./epoch.ts";
import { type ExecutionFacts, Findings } from "./findings.ts";
import { type EpochSizes, SEARCH_LIMITS } from "./limits.ts";
import { LineJoiner } from "./line-joiner.ts";
import type { NumberRange } from "./number-windows.ts";
import type { Block, LogPiece } from "./read-blocks.ts";
import { requiredText } from "./required-text.ts";
import { Ripgrep, RipgrepError } from "./ripgrep.ts";
import { ripgrepArguments } from "./ripgrep-arguments.ts";
import type { Scout } from "./scout.ts";
import { TextEpochs } from "./text-epochs.ts";

/** What an empty pipe takes in one write (pipe(7), "Pipe capacity"). */
const PIPE_BYTES = 65_536;
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
  readonly #patterns: OpenPatterns;
  readonly #sizes: EpochSizes;
  readonly #findings: Findings;
  /** What a line must have beside the pattern. */
  readonly #terms: LineTerms;
  readonly #joiner: LineJoiner;
  readonly #epochs: TextEpochs;
  /** The executions of this search that ripgrep may still report. */
  readonly #executions = new Map<number, SearchedPieces["execution"]>();
  /** A block without it is not given to ripgrep. */
  readonly #required: Buffer | undefined;
  readonly #space = { buffer: Buffer.alloc(0) };
  #execution = 0;
  #first: Promise<SearchedPieces | undefined> | undefined;
  #scout: Scout | undefined;
  #read = { executions: 0, bytes: 0 };
  #unreadable = 0;
  #progressAt = PROGRESS_EVERY_BYTES;
  #stopped: { why: SearchStop; message?: string } | undefined;

  constructor(
    request: SearchRequest,
    options: {
      readonly port: TaskPort;
      readonly patterns: OpenPatterns;
      readonly sizes?: Partial<EpochSizes>;
      readonly nowMs?: () => number;
    },
  ) {
    const { port, patterns, nowMs = () => performance.now() } = options;
    this.#request = request;
    this.#port = port;
    this.#patterns = patterns;
    this.#required = requiredText(request);
    this.#sizes = { ...SEARCH_LIMITS, ...options.sizes };
    this.#findings = new Findings(request, {
      executionOf: (number) => this.#executions.get(number) ?? { x: "", node: "", owner: "", lastN: 0 },
      emit: (event) => this.#emit(event),
    });
    this.#terms = new LineTerms({ ...request, terms: request.also });
    const first = this.#firstEpoch();
    this.#joiner = new LineJoiner(request, { lines: first.lines, maxLineBytes: this.#sizes.maxLineBytes });
    this.#epochs = new TextEpochs({
      ...{ first, patternFd: patterns.patternFd, sizes: this.#sizes, nowMs },
      tailLines: request.after + Math.max(request.before, request.after),
      port: {
        joiner: this.#joiner,
        output: () => (this.#findings.needsText ? "records" : "numbers"),
        args: (output) => ripgrepArguments(request, output),
        onEpoch: () => this.#endEpoch(),
      },
    });
  }

  /** Begins. Rejects with RipgrepError if ripgrep refuses the pattern, or is not there. */
  async begin(): Promise<void> {
    this.#first = this.#port.next();
    // A refusal comes after the files that were asked for, or the next search would get them.
    const [, begun] = await Promise.allSettled([this.#first, this.#epochs.begin(), this.#check()]).then((all) => {
      return [all, all.find((each) => each.status === "rejected")] as const;
    });
    if (begun !== undefined) {
      this.#epochs.stop();
      throw begun.reason;
    }
  }

  /** Emits everything, the returned end as the last. */
  async run(): Promise<SearchEnd> {
    try {
      for (;;) {
        const pieces = this.#stopped === undefined ? await this.#next() : undefined;
        if (pieces === undefined) break;
        await this.#search(pieces);
      }
      await this.#epochs.end();
    } catch (error) {
      if (!(error instanceof RipgrepError)) throw error;
      this.#stopped ??= { why: "failed", message: error.message };
    }
    this.#findings.finish();
    if (this.#request.place !== undefined && this.#findings.isFull) this.stop("limit");
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
    this.#scout?.kill();
    this.#epochs.stop();
  }

  #firstEpoch(): Epoch {
    return Epoch.first({
      after: this.#request.after,
      isWanted: (found) => this.#terms.isEmpty || this.#terms.accepts(found.content().bytes.toString("utf8")),
      onLine: (lines, { found, isMatch, ...at }) => {
        if (this.#stopped !== undefined) return;
        if (isMatch) this.#findings.match(lines, found === undefined ? at : { ...at, found });
        else if (found !== undefined) this.#findings.context(lines, { ...at, found });
        if (this.#findings.isFull) this.stop("limit");
      },
    });
  }

  /** A ripgrep without text refuses what it cannot compile. A text as an expression is none of that. */
  async #check(): Promise<void> {
    if (!this.#request.regex) return;
    const { patternFd } = this.#patterns;
    await new Ripgrep({
      ...{ args: ripgrepArguments(this.#request, "numbers"), patternFd, onRecord: () => undefined },
    }).end();
  }

  #next(): Promise<SearchedPieces | undefined> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#port.next();
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
    await this.#epochs.feed(this.#joiner.finish());
    this.#epochs.forgetTail();
    this.#read.executions += 1;
    if (this.#request.from !== undefined) await this.#endRange();
  }

  /** Hits of one range are known before the next one is read: it may not be necessary. */
  async #endRange(): Promise<void> {
    this.#read.executions = 1;
    await this.#epochs.end();
    this.#findings.endRange();
    if (this.#findings.isFull) this.stop("limit");
  }

  async #feedPiece(piece: LogPiece): Promise<void> {
    const blocks = blocksOf(piece, {
      ...{ request: this.#request, patterns: this.#patterns, sizes: this.#sizes, space: this.#space },
      isOpen: () => this.#joiner.isOpen,
      onScout: (scout) => {
        this.#scout = scout;
      },
    });
    for await (const block of blocks) {
      if (this.#stopped !== undefined || this.#findings.isDone(this.#execution)) return;
      await this.#feedBlock(block, piece.isWhole === true);
      await this.#epochs.settle();
      this.#read.bytes += block.bytes ?? block.cri.length;
      if (this.#read.bytes < this.#progressAt) continue;
      this.#progressAt = this.#read.bytes + PROGRESS_EVERY_BYTES;
      this.say();
    }
  }

  async #feedBlock({ cri, firstN, numbers, passed, isLast }: Block, isWhole: boolean): Promise<void> {
    const from = firstN ?? this.#joiner.nextN;
    if (numbers !== undefined) {
      await this.#epochs.feed(this.#joiner.pushWhole(cri, numbers));
    } else if (passed !== undefined) {
      await this.#epochs.feed(this.#joiner.pass(from, passed));
    } else {
      const isWithout = this.#required !== undefined && !cri.includes(this.#required);
      // Nobody asks for the numbers of what follows.
      if (isWithout && isWhole && isLast === true && !this.#joiner.isOpen) return;
      if (!isWithout || !this.#joiner.skip(cri, from)) await this.#push(cri, from);
    }
  }

  /** So much at a time as a pipe takes at once: ripgrep reads while the next lines become text. */
  async #push(cri: Buffer, firstN: number): Promise<void> {
    for (let at = 0; at < cri.length; ) {
      const cut = cri.length - at <= PIPE_BYTES ? cri.length : cri.lastIndexOf(LINE_FEED, at + PIPE_BYTES - 1) + 1;
      const end = cut > at ? cut : cri.indexOf(LINE_FEED, at) + 1;
      const text = this.#joiner.push(cri.subarray(at, end), at === 0 ? firstN : this.#joiner.nextN);
      await this.#epochs.feed(text);
      at = end;
    }
  }

  #endEpoch(): void {
    this.#findings.emitBuckets();
    for (const number of this.#executions.keys()) if (number < this.#execution) this.#forget(number);
  }

  /** The last hit's execution may still be counted. */
  #forget(number: number): void {
    if (!this.#findings.isLast(number)) this.#executions.delete(number);
  }

  #emit(event: SearchEvent): void {
    if (!this.#port.emit(event)) this.#epochs.pauseUntil(this.#port.room());
  }
}
