import { shiftTime } from "../text/time/shift-time.ts";
import type { SearchEvent, SearchedExecution, SearchTotals } from "../wire/search-event.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { EpochLines, LineFacts } from "./epoch-lines.ts";
import { excerpt, type PrintedLine } from "./found-line.ts";
import { NumberCounts, TimeCounts } from "./hit-counts.ts";
import { NearestHits } from "./nearest-hits.ts";

/** A line in the order of the whole search. */
interface Place {
  readonly sequence: number;
  readonly facts: LineFacts;
}

/** An execution, its highest line number when the search began, and the correction of its times, if known. */
export interface ExecutionFacts extends SearchedExecution {
  readonly lastN: number;
  readonly clockMs?: number | undefined;
}

/** The execution of a number. */
type ExecutionOf = (number: number) => ExecutionFacts;

/** Turns matches, in order, into the events that the request asks for. */
export class Findings {
  hits = 0;
  /** The limit is reached, and another event would have followed. */
  isFull = false;
  readonly #request: SearchRequest;
  readonly #executionOf: ExecutionOf;
  readonly #emit: (event: SearchEvent) => void;
  #shown = 0;
  #lastHit: Place | undefined;
  /** Hits in the execution of the last hit. */
  #hitsThere = 0;
  /** Lines up to this one were shown, or never will be. */
  #shownTo = -1;
  /** Lines that may be context of the next hit. */
  #before: { readonly place: Place; readonly event: SearchEvent }[] = [];
  #numberCounts: NumberCounts | undefined;
  readonly #timeCounts = new TimeCounts();
  /** Hits of a range, reversed when it ends. */
  #held: SearchEvent[] = [];
  /** Used for several executions, whose order is known only at the end. */
  readonly #nearest: NearestHits | undefined;

  constructor(
    request: SearchRequest,
    options: { readonly executionOf: ExecutionOf; readonly emit: (event: SearchEvent) => void },
  ) {
    this.#request = request;
    this.#executionOf = options.executionOf;
    this.#emit = options.emit;
    const { place, direction, limit } = request;
    this.#nearest = place === undefined ? undefined : new NearestHits({ place, direction, limit });
  }

  /** Whether the text of the next lines is needed: to judge them, to show hits, or as context of the last hit. */
  get needsText(): boolean {
    const { show, limit, buckets, also, level } = this.#request;
    if (also.length > 0 || level !== undefined) return true;
    return show === "lines" && (this.#shown < limit || !buckets);
  }

  /** Whether an execution needs no more searching. */
  isDone(execution: number): boolean {
    return this.#request.show === "executions" && this.isLast(execution);
  }

  /** Whether the last hit was in this execution. */
  isLast(execution: number): boolean {
    return this.#lastHit?.facts.execution === execution;
  }

  match(
    lines: EpochLines,
    line: { readonly ordinal: number; readonly sequence: number; readonly found: PrintedLine | undefined },
  ) {
    const { ordinal, sequence, found } = line;
    const facts = lines.facts(ordinal);
    if (this.#nearest !== undefined) {
      if (found !== undefined) this.#addNearest(this.#nearest, lines, { ordinal, found });
      return;
    }
    const { show, limit, buckets } = this.#request;
    if (show === "lines" && this.#shown >= limit && !buckets) {
      this.isFull = true;
      return;
    }
    const isFirst = this.#lastHit?.facts.execution !== facts.execution;
    if (isFirst) this.#leaveExecution();
    if (this.isFull) return;
    const place = { sequence, facts };
    this.#lastHit = place;
    this.hits += 1;
    this.#hitsThere += 1;
    if (buckets) this.#addToBucket(facts, lines, ordinal);
    if (show === "executions" && isFirst) this.#show({ t: "execution", ...this.#named(facts) });
    if (show !== "lines" || this.#shown >= limit || found === undefined) return;
    const near = this.#before.filter(
      ({
        place: {
          sequence: at,
          facts: { execution },
        },
      }) => {
        return execution === facts.execution && at >= sequence - this.#request.before;
      },
    );
    for (const { event } of near) this.#emit(event);
    this.#before = [];
    this.#shownTo = sequence;
    const hit = this.#hit(lines, { ordinal, found });
    if (this.#isBackward) this.#hold(hit);
    else this.#show(hit);
    // Without `from` it is full only when one more follows. That is worth knowing, but not worth a search.
    if (this.#request.from !== undefined && this.#shown >= limit) this.isFull = true;
  }

  context(
    lines: EpochLines,
    line: { readonly ordinal: number; readonly sequence: number; readonly found: PrintedLine | undefined },
  ) {
    const { ordinal, sequence, found } = line;
    if (this.#request.show !== "lines" || found === undefined) return;
    // An overlapping epoch reports it again.
    if (sequence <= Math.max(this.#shownTo, this.#before.at(-1)?.place.sequence ?? -1)) return;
    const place = { sequence, facts: lines.facts(ordinal) };
    const { at: _, ...content } = this.#content(found);
    const event: SearchEvent = { t: "context", ...this.#about(lines, ordinal), ...content };
    const last = this.#lastHit;
    const isAfter = last?.facts.execution === place.facts.execution && sequence - last.sequence <= this.#request.after;
    if (isAfter) {
      this.#shownTo = sequence;
      this.#emit(event);
    } else this.#before = [...this.#before, { place, event }].slice(-Math.max(1, this.#request.before));
  }

  /** Call when all hits of a range are known. */
  endRange(): void {
    const held = this.#held.splice(0).reverse();
    for (const hit of held) if (this.#shown < this.#request.limit) this.#show(hit);
    if (this.#isBackward) this.hits = this.#shown;
    if (this.#shown >= this.#request.limit) this.isFull = true;
  }

  /** Emits the buckets counted so far; later ones replace these. */
  emitBuckets(): void {
    const [last, numbers, times] = [this.#lastHit, this.#numberCounts, this.#timeCounts.buckets];
    if (last !== undefined && numbers !== undefined)
      this.#emit({ t: "buckets", ...this.#named(last.facts), size: numbers.size, counts: numbers.counts });
    if (times !== undefined) this.#emit({ t: "times", ...times });
  }

  finish(): void {
    for (const hit of this.#nearest?.take() ?? []) this.#show(hit);
    if (this.#nearest !== undefined) this.hits = this.#shown;
    this.isFull ||= this.#nearest?.isMore === true;
    this.#leaveExecution();
    this.emitBuckets();
  }

  totals(read: Pick<SearchTotals, "executions" | "bytes">): SearchTotals {
    return { hits: this.hits, ...read };
  }

  /** Reports the number of hits in the execution just finished. */
  #leaveExecution(): void {
    const last = this.#lastHit;
    const hits = this.#hitsThere;
    this.#hitsThere = 0;
    if (last === undefined || hits === 0) return;
    if (this.#request.show === "counts") this.#show({ t: "count", ...this.#named(last.facts), hits });
    // The next hit, in another execution, would be one more than wanted.
    if (this.#request.show !== "lines" && this.#shown >= this.#request.limit) this.isFull = true;
  }

  #addNearest(
    nearest: NearestHits,
    lines: EpochLines,
    { ordinal, found }: { readonly ordinal: number; readonly found: PrintedLine },
  ): void {
    const { n, execution } = lines.facts(ordinal);
    const { x, clockMs = 0 } = this.#executionOf(execution);
    nearest.add({ time: shiftTime(lines.timeOf(ordinal), clockMs), x, n }, () => this.#hit(lines, { ordinal, found }));
  }

  #hit(lines: EpochLines, { ordinal, found }: { readonly ordinal: number; readonly found: PrintedLine }): SearchEvent {
    const { at, ...content } = this.#content(found);
    return { t: "hit", ...this.#about(lines, ordinal), at, ...content };
  }

  /** Counts by line number in one execution; by time in several, as they are shown together. */
  #addToBucket({ n, execution }: LineFacts, lines: EpochLines, ordinal: number): void {
    const { lastN, clockMs = 0 } = this.#executionOf(execution);
    if ("x" in this.#request.what) {
      this.#numberCounts ??= new NumberCounts(lastN);
      this.#numberCounts.add(n);
    } else this.#timeCounts.add(lines.timeMsOf(ordinal) + clockMs);
  }

  get #isBackward(): boolean {
    return this.#request.from !== undefined && this.#request.direction === "previous";
  }

  /** Keeps the last hits: as many as may be wanted, at most twice that. */
  #hold(hit: SearchEvent): void {
    this.#held.push(hit);
    const { limit } = this.#request;
    if (this.#held.length >= 2 * limit) this.#held = this.#held.slice(-limit);
  }

  #show(event: SearchEvent): void {
    this.#shown += 1;
    this.#emit(event);
  }

  #named({ execution }: LineFacts): SearchedExecution {
    const { x, node, owner } = this.#executionOf(execution);
    return { x, node, owner };
  }

  #about(lines: EpochLines, ordinal: number) {
    const facts = lines.facts(ordinal);
    const { n, lastN, isStderr, isLong } = facts;
    const stream = isStderr ? ("stderr" as const) : ("stdout" as const);
    const long = isLong ? { long: true as const } : {};
    return { ...this.#named(facts), n, lastN, time: lines.timeOf(ordinal), stream, ...long };
  }

  #content(found: PrintedLine) {
    const { bytes, ranges } = found.content();
    return excerpt(bytes, ranges);
  }
}
