import { LineTerms } from "../text/query/line-terms.ts";
import type { SearchEvent, SearchStop } from "../wire/search-event.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { OpenPatterns } from "./blocks-of.ts";
import { Epoch } from "./epoch.ts";
import { Findings } from "./findings.ts";
import { type EpochSizes, SEARCH_LIMITS } from "./limits.ts";
import { LineJoiner } from "./line-joiner.ts";
import { PieceFeeder } from "./piece-feeder.ts";
import type { LogPiece } from "./read-blocks.ts";
import { requiredText } from "./required-text.ts";
import { Ripgrep, RipgrepError } from "./ripgrep.ts";
import { ripgrepArguments } from "./ripgrep-arguments.ts";
import type { SearchEnd, SearchedPieces, TaskPort } from "./task-port.ts";
import { TextEpochs } from "./text-epochs.ts";

const PROGRESS_EVERY_BYTES = 8_388_608;

/** One search, from files to events. Reading blocks the thread: it runs in a worker. */
export class SearchTask {
  readonly #request: SearchRequest;
  readonly #port: TaskPort;
  readonly #patterns: OpenPatterns;
  readonly #findings: Findings;
  /** Conditions on a line besides the pattern. */
  readonly #terms: LineTerms;
  readonly #joiner: LineJoiner;
  readonly #epochs: TextEpochs;
  /** The executions of this search that ripgrep may still report. */
  readonly #executions = new Map<number, SearchedPieces["execution"]>();
  readonly #feeder: PieceFeeder;
  #execution = 0;
  #first: Promise<SearchedPieces | undefined> | undefined;
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
    const sizes: EpochSizes = { ...SEARCH_LIMITS, ...options.sizes };
    this.#findings = new Findings(request, {
      executionOf: (number) => this.#executions.get(number) ?? { x: "", node: "", owner: "", lastN: 0 },
      emit: (event) => this.#emit(event),
    });
    this.#terms = new LineTerms({ ...request, terms: request.also });
    const first = this.#firstEpoch();
    this.#joiner = new LineJoiner(request, { lines: first.lines, maxLineBytes: sizes.maxLineBytes });
    this.#epochs = new TextEpochs({
      ...{ first, patternFd: patterns.patternFd, sizes, nowMs },
      tailLines: request.after + Math.max(request.before, request.after),
      port: {
        joiner: this.#joiner,
        output: () => (this.#findings.needsText ? "records" : "numbers"),
        args: (output) => ripgrepArguments(request, output),
        onEpoch: () => this.#endEpoch(),
      },
    });
    this.#feeder = new PieceFeeder({ request, patterns, sizes, joiner: this.#joiner, epochs: this.#epochs });
  }

  /**
   * Begins. Rejects with RipgrepError if ripgrep refuses the pattern or is not installed. If lines must contain a
   * certain text, ripgrep starts only when a block has it, which may never happen.
   */
  async begin(): Promise<void> {
    this.#first = this.#port.next();
    const started = requiredText(this.#request) === undefined ? this.#epochs.begin() : undefined;
    // Waits for the requested files even if refused: otherwise the next search would get them.
    const [, begun] = await Promise.allSettled([this.#first, started, this.#check()]).then((all) => {
      return [all, all.find((each) => each.status === "rejected")] as const;
    });
    if (begun !== undefined) {
      this.#epochs.stop();
      throw begun.reason;
    }
  }

  /** Emits all events, the last of which is the returned end. Rejects with RipgrepError if ripgrep is not installed. */
  async run(): Promise<SearchEnd> {
    try {
      for (;;) {
        const pieces = this.#stopped === undefined ? await this.#next() : undefined;
        if (pieces === undefined) break;
        await this.#search(pieces);
      }
      await this.#epochs.end();
    } catch (error) {
      if (!(error instanceof RipgrepError) || error.isMissing) throw error;
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

  /** Emits its progress. */
  say(): void {
    if (this.#stopped === undefined) this.#emit({ t: "progress", ...this.#findings.totals(this.#read) });
  }

  /** Ends it soon, even in the middle of a match; then `run` resolves. The first reason counts. */
  stop(why: SearchStop): void {
    this.#stopped ??= { why };
    this.#feeder.stop();
    this.#epochs.stop();
  }

  #firstEpoch(): Epoch {
    return Epoch.first({
      after: this.#request.after,
      isWanted: (found) => this.#terms.isEmpty || this.#terms.accepts(found.content().bytes.toString("utf8")),
      onLine: (lines, line) => {
        if (this.#stopped !== undefined) return;
        if (line.isMatch) this.#findings.match(lines, line);
        else this.#findings.context(lines, line);
        if (this.#findings.isFull) this.stop("limit");
      },
    });
  }

  /** Runs ripgrep without input: it refuses patterns that it cannot compile. Plain texts always compile. */
  async #check(): Promise<void> {
    if (!this.#request.regex) return;
    const { patternFd } = this.#patterns;
    await new Ripgrep({
      ...{ args: ripgrepArguments(this.#request, "numbers"), patternFd, reader: { push: () => undefined } },
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
      // Skips text that the disk fails to return.
      if (!(error instanceof Error && "syscall" in error)) throw error;
      this.#unreadable += 1;
    }
    if (!isLast) return;
    await this.#epochs.feed(this.#joiner.finish());
    this.#epochs.forgetTail();
    this.#read.executions += 1;
    if (this.#request.from !== undefined) await this.#endRange();
  }

  /** Ends the epoch: with the hits of this range known, the next one may be unnecessary. */
  async #endRange(): Promise<void> {
    this.#read.executions = 1;
    await this.#epochs.end();
    this.#findings.endRange();
    if (this.#findings.isFull) this.stop("limit");
  }

  /** Whether the rest of this execution does not matter. */
  get #isEnough(): boolean {
    return this.#stopped !== undefined || this.#findings.isDone(this.#execution);
  }

  async #feedPiece(piece: LogPiece): Promise<void> {
    if (this.#isEnough) return;
    for await (const bytes of this.#feeder.feed(piece)) {
      this.#read.bytes += bytes;
      if (this.#isEnough) return;
      if (this.#read.bytes < this.#progressAt) continue;
      this.#progressAt = this.#read.bytes + PROGRESS_EVERY_BYTES;
      this.say();
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
