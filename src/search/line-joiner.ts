import { CRI } from "../wire/cri.ts";
import { copyLine, WORD_BYTES } from "./copy-line.ts";
import { type EpochLines, LINE_FLAGS } from "./epoch-lines.ts";
import type { NumberRange } from "./number-windows.ts";
import { addBytes, type LineFilter, type OpenLine, openLine, STREAM_LETTER_AT, WantedLines } from "./open-line.ts";

const LINE_FEED = 0x0a;
const LETTER_P = 0x50;
const LETTER_E = 0x65;

/**
 * Turns the CRI lines of executions into text: pieces of a line joined, unwanted lines left out, each line ended by LF.
 * Records in `lines` where each line of that text comes from.
 */
export class LineJoiner {
  lines: EpochLines;
  /** Lines cut at the limit. */
  longLines = 0;
  readonly #wanted: WantedLines;
  readonly #maxLineBytes: number;
  #execution = 0;
  #nextN = 1;
  #open: [stdout: OpenLine | undefined, stderr: OpenLine | undefined] = [undefined, undefined];
  #out: Buffer = Buffer.alloc(0);
  #outView: DataView = new DataView(new ArrayBuffer(0));
  #spare: Buffer | undefined;
  #written = 0;

  constructor(filter: LineFilter, options: { readonly lines: EpochLines; readonly maxLineBytes: number }) {
    this.lines = options.lines;
    this.#wanted = new WantedLines(filter);
    this.#maxLineBytes = options.maxLineBytes;
  }

  /** The number after the last line. */
  get nextN(): number {
    return this.#nextN;
  }

  /** Whether a line's end has not come yet. */
  get isOpen(): boolean {
    return this.#open[0] !== undefined || this.#open[1] !== undefined;
  }

  /** Begins an execution, of which lines that begin in the range are wanted. Call `finish` for the one before. */
  begin(execution: number, range: NumberRange): void {
    this.#execution = execution;
    this.#wanted.range = range;
    this.#nextN = 1;
  }

  /**
   * Returns the text of whole CRI lines, the first with number `firstN`. A hole before it ends open lines: its
   * content is unknown, so nothing is joined across it.
   */
  push(cri: Buffer, firstN: number): Buffer {
    this.#room(cri.length);
    if (firstN !== this.#nextN) this.#endOpen();
    const view = new DataView(cri.buffer, cri.byteOffset, cri.length);
    let n = firstN;
    // A whole line must not cost an allocation or a call outside JavaScript: there are millions.
    for (let at = 0; at < cri.length; n += 1) {
      const stream = cri[at + STREAM_LETTER_AT] === LETTER_E ? 1 : 0;
      const isPiece = cri[at + CRI.tagAt] === LETTER_P;
      if (!isPiece && this.#open[stream] === undefined && this.#wanted.has(cri, at, n, stream)) {
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

  /** Returns the text of whole lines with these numbers. None may be a piece, and no line may be open. */
  pushWhole(cri: Buffer, numbers: readonly number[]): Buffer {
    this.#room(cri.length);
    const view = new DataView(cri.buffer, cri.byteOffset, cri.length);
    let at = 0;
    for (const n of numbers) {
      const stream = cri[at + STREAM_LETTER_AT] === LETTER_E ? 1 : 0;
      if (this.#wanted.has(cri, at, n, stream)) at = this.#write(view, at, n, stream);
      else at = cri.indexOf(LINE_FEED, at) + 1;
      this.#nextN = n + 1;
    }
    return this.#out.subarray(0, this.#written);
  }

  /** Lets the next text overwrite the one returned last. */
  reuse(): void {
    this.#spare = this.#out;
  }

  /**
   * Skips whole CRI lines that the caller knows not to match. False if any may be a piece of a line: then nothing has
   * changed, and they must be pushed.
   */
  skip(cri: Buffer, firstN: number): boolean {
    if (this.isOpen) return false;
    let n = firstN;
    for (let at = 0; at < cri.length; n += 1) {
      if (cri[at + CRI.tagAt] === LETTER_P) return false;
      at = cri.indexOf(LINE_FEED, at + CRI.prefixCharacters) + 1;
    }
    this.#nextN = n;
    return true;
  }

  /** Passes over lines that cannot match and are no pieces of an open line. A hole before them ends open lines. */
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

  /** Makes room for the text of this many bytes of CRI and of all open lines: a text is shorter than its CRI line. */
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
      open = openLine(cri, at, { n, isWanted: this.#wanted.has(cri, at, n, stream) });
      this.#open[stream] = open;
    }
    open.lastN = n;
    addBytes(open, cri.subarray(at + CRI.prefixCharacters, end), this.#maxLineBytes);
  }

  #endLine(cri: Buffer, piece: { at: number; end: number; n: number; stream: 0 | 1 }): void {
    const open = this.#open[piece.stream];
    if (open === undefined) return;
    open.lastN = piece.n;
    addBytes(open, cri.subarray(piece.at + CRI.prefixCharacters, piece.end), this.#maxLineBytes);
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

  /** Writes a whole line's text and its LF. Returns where the next line begins. */
  #write(cri: DataView, at: number, n: number, stream: 0 | 1): number {
    const start = at + CRI.prefixCharacters;
    const bytes = copyLine(cri, start, this.#outView, this.#written);
    let flags = stream === 1 ? LINE_FLAGS.stderr : 0;
    if (bytes > this.#maxLineBytes) {
      flags |= LINE_FLAGS.long;
      this.longLines += 1;
      this.#outView.setUint8(this.#written + this.#maxLineBytes, LINE_FEED);
    }
    this.#written += Math.min(bytes, this.#maxLineBytes) + 1;
    this.lines.add(this.#execution, n, flags, cri, at);
    return start + bytes + 1;
  }
}
