import type { LineRange } from "../wire/api.ts";
import { encodeLines } from "./lines-message.ts";
import type { History, Lines, Source, Viewer } from "./ports.ts";
import { RangeList } from "./range-list.ts";

/** One batch of history: about what a socket takes at once. */
const BATCH_BYTES = 262_144;
const BATCH_LINES = 10_000;
/** Ranges that came out of order while history is read; the viewer has to fetch more than these over the API. */
const MAX_RANGES = 256;
const LINE_FEED = 10;

export interface CatchUpOptions {
  readonly source: Source;
  readonly key: string;
  readonly viewer: Viewer;
  /** First line that the viewer wants. */
  readonly from: number;
  readonly history: Pick<History, "get" | "read">;
  /** What was published and waits to be handed out, and will not be: a batch may hold that already. */
  readonly takeWaiting: () => LineRange | undefined;
  readonly send: (frame: Buffer) => void;
  readonly lose: (range: LineRange) => void;
}

/**
 * The stored lines of one execution, read until they meet what is published.
 *
 * What is published meanwhile is not kept, only noticed: lines at or above the cursor are read when their turn comes;
 * those below it came late, and are read for themselves. Whatever is handed out from the moment on that `isDone` is
 * true is live.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** The next line to read. */
  #cursor: number;
  /** Nothing is stored above, except what comes to be noticed. Undefined: not asked yet. */
  #knownEnd: number | undefined;
  /** Nothing is stored from the cursor on, except what comes to be noticed. */
  #foundEnd = false;
  /** Noticed below the cursor, and not sent. */
  readonly #late = new RangeList(MAX_RANGES);
  /** Noticed at or above the cursor while a batch is being read, which may hold it or not. */
  #meanwhile = new RangeList(MAX_RANGES);

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#cursor = options.from;
  }

  get source(): Source {
    return this.#options.source;
  }

  /** What is left, as far as it is known. */
  get unread(): LineRange {
    return [this.#cursor, Math.max(this.#cursor, this.#knownEnd ?? 0)];
  }

  /** Whether everything stored so far is sent, of what the viewer wants. */
  get isDone(): boolean {
    const atEnd = this.#foundEnd || (this.#knownEnd !== undefined && this.#cursor > this.#knownEnd);
    return atEnd && this.#late.isEmpty;
  }

  /** Lines `from` to `to` were published. */
  notice([from, to]: LineRange): void {
    this.#foundEnd = false;
    if (this.#knownEnd !== undefined) this.#knownEnd = Math.max(this.#knownEnd, to);
    if (from < this.#cursor) this.#remember(this.#late, [from, Math.min(to, this.#cursor - 1)]);
    if (to >= this.#cursor) this.#remember(this.#meanwhile, [Math.max(from, this.#cursor), to]);
  }

  /** Sends one batch, or finds that there is none. */
  async step(): Promise<void> {
    if (this.#knownEnd === undefined) await this.#askForEnd();
    const late = this.#late.shift();
    if (late !== undefined) await this.#sendLate(late);
    else if (!this.isDone) await this.#sendNext();
  }

  /** Asked after watching has begun, so that lines stored after the answer are noticed. */
  async #askForEnd(): Promise<void> {
    const { history, viewer, source } = this.#options;
    this.#knownEnd = 0;
    const execution = await history.get(viewer, source);
    this.#knownEnd = Math.max(this.#knownEnd, execution?.lastN ?? 0);
  }

  async #sendNext(): Promise<void> {
    // What was noticed before the batch is asked for will be in it, or in a later one.
    this.#meanwhile = new RangeList(MAX_RANGES);
    this.#foundEnd = true;
    const chunks = await this.#read(this.#cursor, BATCH_LINES);
    const meanwhile = this.#meanwhile;
    this.#meanwhile = new RangeList(MAX_RANGES);
    for (const chunk of chunks) {
      this.#send(chunk);
      this.#foundEnd = false;
      this.#cursor = chunk.firstN + chunk.count;
      meanwhile.remove([chunk.firstN, this.#cursor - 1]);
    }
    for (let range = meanwhile.shift(); range !== undefined; range = meanwhile.shift()) {
      if (range[0] < this.#cursor) this.#remember(this.#late, [range[0], Math.min(range[1], this.#cursor - 1)]);
    }
  }

  async #sendLate([from, to]: LineRange): Promise<void> {
    let next = from;
    for (const chunk of await this.#read(from, Math.min(BATCH_LINES, to - from + 1))) {
      if (chunk.firstN > to) break;
      this.#send(firstLines(chunk, to - chunk.firstN + 1));
      next = chunk.firstN + chunk.count;
    }
    // More than a batch. Nothing at all means that it is stored no longer.
    if (next > from && next <= to) this.#remember(this.#late, [next, to]);
  }

  async #read(from: number, maxLines: number): Promise<readonly Lines[]> {
    const { history, viewer, source, takeWaiting } = this.#options;
    const { x, node, owner } = source;
    const range = { x, node, owner, from, maxLines, maxBytes: BATCH_BYTES };
    const pieces = await history.read(viewer, range);
    const waiting = takeWaiting();
    if (waiting !== undefined) this.notice(waiting);
    return pieces;
  }

  #send(chunk: Lines): void {
    const { source, key, send } = this.#options;
    send(encodeLines(source, key, [chunk]).frame);
  }

  #remember(list: RangeList, range: LineRange): void {
    if (!list.add(range)) this.#options.lose(range);
  }
}

function firstLines(chunk: Lines, count: number): Lines {
  if (count >= chunk.count) return chunk;
  let end = 0;
  for (let line = 0; line < count; line += 1) end = chunk.cri.indexOf(LINE_FEED, end) + 1;
  return { firstN: chunk.firstN, count, cri: chunk.cri.subarray(0, end) };
}
