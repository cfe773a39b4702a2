import type { LineRange } from "../wire/api.ts";
import type { Viewer } from "../wire/viewer.ts";
import { encodeLines } from "./lines-message.ts";
import type { History, Lines, Source } from "./ports.ts";
import { RangeList } from "./range-list.ts";

/** One batch of history: about what a socket takes at once. */
const BATCH_BYTES = 262_144;
const BATCH_LINES = 10_000;
/** Ranges published out of order while history is read; the viewer must fetch any more over the API. */
const MAX_RANGES = 256;
const LINE_FEED = 10;

interface CatchUpOptions {
  readonly source: Source;
  readonly key: string;
  readonly viewer: Viewer;
  /** First line that the viewer wants. */
  readonly from: number;
  readonly history: Pick<History, "get" | "read">;
  /** Takes back lines published but not yet sent: a batch may hold them already. */
  readonly takeWaiting: () => LineRange | undefined;
  readonly send: (frame: Buffer) => void;
  readonly lose: (range: LineRange) => void;
}

/**
 * Reads the stored lines of one execution until they meet the live ones.
 *
 * Lines published meanwhile are noted, not kept: those at or above the cursor are read when it reaches them; those
 * below came late and are read separately. Lines sent once `isDone` is true are live.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** The next line to read. */
  #cursor: number;
  /** Highest stored line, apart from lines noted since. Undefined: not asked yet. */
  #knownEnd: number | undefined;
  /** Nothing is stored from the cursor on, apart from lines noted since. */
  #foundEnd = false;
  /** Ranges noted below the cursor, and not sent. */
  readonly #late = new RangeList(MAX_RANGES);
  /** Ranges noted at or above the cursor while a batch that may include them is being read. */
  #meanwhile = new RangeList(MAX_RANGES);

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#cursor = options.from;
  }

  get source(): Source {
    return this.#options.source;
  }

  /** The unread lines, as far as known. */
  get unread(): LineRange {
    return [this.#cursor, Math.max(this.#cursor, this.#knownEnd ?? 0)];
  }

  /** Whether everything stored so far that the viewer wants has been sent. */
  get isDone(): boolean {
    const atEnd = this.#foundEnd || (this.#knownEnd !== undefined && this.#cursor > this.#knownEnd);
    return atEnd && this.#late.isEmpty;
  }

  /** Notes that lines `from` to `to` were published. */
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

  /** Called once watching has begun, so that lines stored after the answer are noted. */
  async #askForEnd(): Promise<void> {
    const { history, viewer, source } = this.#options;
    this.#knownEnd = 0;
    const execution = await history.get(viewer, source);
    this.#knownEnd = Math.max(this.#knownEnd, execution?.lastN ?? 0);
  }

  async #sendNext(): Promise<void> {
    // Lines noted before the batch is requested will be in it, or in a later one.
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
    // More than one batch. An empty batch means that the range is no longer stored.
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
