import type { StreamName } from "../wire/api.ts";
import { CRI } from "../wire/cri.ts";
import { type EpochLines, LINE_FLAGS } from "./epoch-lines.ts";
import type { NumberRange } from "./number-windows.ts";

const LINE_FEED = 0x0a;
const LETTER_P = 0x50;
const LETTER_E = 0x65;
/** The third character of a stream's name: stdOut, stdErr. */
const STREAM_LETTER_AT = CRI.streamAt + 3;
const WORD_BYTES = 4;

/** A line whose end has not come yet. */
interface OpenLine {
  readonly n: number;
  lastN: number;
  readonly time: DataView;
  readonly isWanted: boolean;
  readonly parts: Buffer[];
  bytes: number;
  isLong: boolean;
}

/** Which lines are searched at all. */
export interface LineFilter {
  readonly stream?: StreamName | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/**
 * Turns the CRI lines of executions into text: pieces of a line joined, unwanted lines left out, each line ended by LF.
 * Records what each line of that text is in `lines`.
 */
export class LineJoiner {
  lines: EpochLines;
  /** Lines cut at the limit. */
  longLines = 0;
  readonly #stream: StreamName | undefined;
  readonly #since: Buffer | undefined;
  readonly #until: Buffer | undefined;
  readonly #maxLineBytes: number;
  #execution = 0;
  #range: NumberRange = { from: 1, to: Number.MAX_SAFE_INTEGER };
  #nextN = 1;
  #open: [stdout: OpenLine | undefined, stderr: OpenLine | undefined] = [undefined, undefined];
  #out: Buffer = Buffer.alloc(0);
  #outView: DataView = new DataView(new ArrayBuffer(0));
  #spare: Buffer | undefined;
  #written = 0;

  constructor(filter: LineFilter, options: { readonly lines: EpochLines; readonly maxLineBytes: number }) {
    this.lines = options.lines;
    this.#stream = filter.stream;
    this.#since = filter.since === undefined ? undefined : Buffer.from(filter.since);
    this.#until = filter.until === undefined ? undefined : Buffer.from(filter.until);
    this.#maxLineBytes = options.maxLineBytes;
  }

  /** The number after the last line. */
  get nextN(): number {
    return this.#nextN;
  }

  /** The next lines belong to this execution; those that begin in the range are wanted. The last one was ended. */
  begin(execution: number, range: NumberRange): void {
    this.#execution = execution;
    this.#range = range;
    this.#nextN = 1;
  }

  /**
   * Returns the text of whole CRI lines, the first with number `firstN`. A hole before it ends the lines that are open:
   * what stood in it is not known, so that nothing is joined over it.
   */
  push(cri: Buffer, firstN: number): Buffer {
    this.#room(cri.length);
    if (firstN !== this.#nextN) this.#endOpen();
    const view = new DataView(cri.buffer, cri.byteOffset, cri.length);
    let n = firstN;
    // No allocation and no call out of JavaScript for a whole line: there are millions.
    for (let at = 0; at < cri.length; n += 1) {
      const stream = cri[at + STREAM_LETTER_AT] === LETTER_E ? 1 : 0;
      const isPiece = cri[at + CRI.tagAt] === LETTER_P;
      if (!isPiece && this.#open[stream] === undefined && this.#isWanted(cri, at, n, stream)) {
        at = this.#write(view, at, n, stream);
        continue;
      }
      const end = cri.indexOf(LINE_FEED, at);
      if (isPiece) this.#addPiece(cri, { at, end, n, stream });
      else if (this.#open[stream] !== undefined) this.#endLine(cri, { at, end, n, stream });
      at = end + 1;
    }
    this.#nextN = n;
    return this.#out.subarray(0, this.#written);
  }

  /** The text that was returned last is not needed any more: the next one may take its place. */
  reuse(): void {
    this.#spare = this.#out;
  }

  /**
   * Passes over whole CRI lines, which the caller knows not to match. False if any is a piece of a line, or could be: then
   * nothing has changed, and they must be pushed.
   */
  skip(cri: Buffer, firstN: number): boolean {
    if (this.#open[0] !== undefined || this.#open[1] !== undefined) return false;
    let n = firstN;
    for (let at = 0; at < cri.length; n += 1) {
      if (cri[at + CRI.tagAt] === LETTER_P) return false;
      at = cri.indexOf(LINE_FEED, at + CRI.prefixCharacters) + 1;
    }
    this.#nextN = n;
    return true;
  }

  /** Passes over lines of which none is a piece of an open line, and none can match. A hole before them ends open lines. */
  pass(firstN: number, lines: number): Buffer {
    this.#room(0);
    if (firstN !== this.#nextN) this.#endOpen();
    this.#nextN = firstN + lines;
    return this.#out.subarray(0, this.#written);
  }

  /** Ends the execution: returns the text of lines without an end, such as a prompt. */
  finish(): Buffer {
    this.#room(0);
    this.#endOpen();
    return this.#out.subarray(0, this.#written);
  }

  /** Makes room for the text of so many bytes of CRI and of all open lines: a text is shorter than its CRI line. */
  #room(criBytes: number): void {
    const openBytes = (this.#open[0]?.bytes ?? 0) + (this.#open[1]?.bytes ?? 0);
    const needed = criBytes + openBytes + 2 + WORD_BYTES;
    const spare = this.#spare;
    this.#spare = undefined;
    this.#out = spare !== undefined && spare.length >= needed ? spare : Buffer.allocUnsafe(needed);
    this.#outView = new DataView(this.#out.buffer, this.#out.byteOffset, this.#out.length);
    this.#written = 0;
  }

  #addPiece(cri: Buffer, piece: { at: number; end: number; n: number; stream: 0 | 1 }): void {
    const { at, end, n, stream } = piece;
    let open = this.#open[stream];
    if (open === undefined) {
      const time = Buffer.from(cri.subarray(at, at + CRI.timeCharacters + 1));
      open = {
        n,
        lastN: n,
        time: new DataView(time.buffer, time.byteOffset, time.length),
        isWanted: this.#isWanted(cri, at, n, stream),
        parts: [],
        bytes: 0,
        isLong: false,
      };
      this.#open[stream] = open;
    }
    open.lastN = n;
    this.#append(open, cri.subarray(at + CRI.prefixCharacters, end));
  }

  #append(open: OpenLine, part: Buffer): void {
    if (!open.isWanted) return;
    const bytes = Math.min(part.length, this.#maxLineBytes - open.bytes);
    if (bytes < part.length) open.isLong = true;
    if (bytes === 0) return;
    open.parts.push(Buffer.from(part.subarray(0, bytes)));
    open.bytes += bytes;
  }

  #endLine(cri: Buffer, piece: { at: number; end: number; n: number; stream: 0 | 1 }): void {
    const open = this.#open[piece.stream];
    if (open === undefined) return;
    open.lastN = piece.n;
    this.#append(open, cri.subarray(piece.at + CRI.prefixCharacters, piece.end));
    this.#writeOpen(open, piece.stream);
  }

  #endOpen(): void {
    for (const stream of [0, 1] as const) {
      const open = this.#open[stream];
      if (open !== undefined) this.#writeOpen(open, stream);
    }
  }

  #writeOpen(open: OpenLine, stream: 0 | 1): void {
    this.#open[stream] = undefined;
    if (!open.isWanted) return;
    for (const part of open.parts) this.#written += part.copy(this.#out, this.#written);
    this.#out[this.#written] = LINE_FEED;
    this.#written += 1;
    if (open.isLong) this.longLines += 1;
    const { n, lastN, isLong } = open;
    const flags = (stream === 1 ? LINE_FLAGS.stderr : 0) | (isLong ? LINE_FLAGS.long : 0);
    this.lines.add(this.#execution, n, flags, open.time, 0);
    if (lastN !== n) this.lines.setLastN(lastN);
  }

  /** Writes a whole line's text and its LF, four bytes at a time. Returns where the next line begins. */
  #write(cri: DataView, at: number, n: number, stream: 0 | 1): number {
    const out = this.#outView;
    const start = at + CRI.prefixCharacters;
    const lastWordAt = cri.byteLength - WORD_BYTES;
    let [from, to] = [start, this.#written];
    for (;;) {
      if (from > lastWordAt) {
        // The last bytes of a block, of which the last one is LF.
        while (cri.getUint8(from) !== LINE_FEED) {
          out.setUint8(to, cri.getUint8(from));
          from += 1;
          to += 1;
        }
        out.setUint8(to, LINE_FEED);
        break;
      }
      const word = cri.getInt32(from, true);
      out.setInt32(to, word, true);
      const found = lineFeedsIn(word);
      if (found !== 0) {
        const before = bytesBefore(found);
        from += before;
        to += before;
        break;
      }
      from += WORD_BYTES;
      to += WORD_BYTES;
    }
    let flags = stream === 1 ? LINE_FLAGS.stderr : 0;
    if (from - start > this.#maxLineBytes) {
      flags |= LINE_FLAGS.long;
      this.longLines += 1;
      to = this.#written + this.#maxLineBytes;
      out.setUint8(to, LINE_FEED);
    }
    this.#written = to + 1;
    this.lines.add(this.#execution, n, flags, cri, at);
    return from + 1;
  }

  /** Judges a line by its first piece. */
  #isWanted(cri: Buffer, at: number, n: number, stream: 0 | 1): boolean {
    if (n < this.#range.from || n > this.#range.to) return false;
    if (this.#stream !== undefined && (this.#stream === "stderr") !== (stream === 1)) return false;
    if (this.#since !== undefined && compareTimes(cri, at, this.#since) < 0) return false;
    return this.#until === undefined || compareTimes(cri, at, this.#until) <= 0;
  }
}

/** Times of this spelling are ordered as their bytes are. */
function compareTimes(cri: Buffer, at: number, time: Buffer): number {
  for (let i = 0; i < CRI.timeCharacters; i += 1) {
    const difference = (cri[at + i] ?? 0) - (time[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The top bits of those of its bytes that are LF, 0 without one; above the first one also others ("Bit Twiddling Hacks",
 * "Determine if a word has a zero byte").
 */
function lineFeedsIn(word: number): number {
  const zeroes = word ^ 0x0a0a0a0a;
  return (zeroes - 0x01010101) & ~zeroes & 0x80808080;
}

/** Bytes before the first of them; the lowest is the first. */
function bytesBefore(found: number): number {
  return (31 - Math.clz32(found & -found)) >>> 3;
}
