import { CRI } from "../../wire/cri.ts";
import { MAX_LINE_BYTES, type ReadText, readWhole } from "./seek-time.ts";

const LINE_FEED = 0x0a;

export type Side = "before" | "after";

/** A line in a log's text. */
export interface PlacedLine {
  readonly at: number;
  /** Where the next one begins. */
  readonly end: number;
  readonly time: string;
  /** Without its LF. */
  readonly bytes: Buffer;
}

/** Some bytes of a text. */
export interface TextBlock {
  readonly at: number;
  readonly data: Buffer;
}

/** Iterates over the lines of a text from a place on, in either direction, block by block; parses none in advance. */
export class LineCursor {
  readonly #read: ReadText;
  readonly #side: Side;
  #blockBytes: number;
  readonly #nextBlockBytes: number;
  #data: Buffer = Buffer.alloc(0);
  #dataAt: number;
  /** Where the next line begins, or ends if this goes back. */
  #at: number;

  /** @param known Bytes already read around `at`; at most `firstBytes` of them are kept. */
  constructor(
    read: ReadText,
    side: Side,
    of: { at: number; firstBytes: number; nextBytes: number; known: TextBlock | undefined },
  ) {
    const { at, firstBytes, nextBytes, known } = of;
    this.#read = read;
    this.#side = side;
    this.#at = at;
    this.#dataAt = at;
    this.#blockBytes = firstBytes;
    this.#nextBlockBytes = nextBytes;
    if (known === undefined || at < known.at || at > known.at + known.data.length) return;
    this.#dataAt = side === "before" ? Math.max(known.at, at - firstBytes) : at;
    const from = this.#dataAt - known.at;
    const to = side === "before" ? at - known.at : from + firstBytes;
    // A copy: thousands of cursors must not keep whole blocks.
    this.#data = Buffer.from(known.data.subarray(from, to));
  }

  /** The next line in the bytes read; undefined: call `fill`, unless the text ends here. */
  take(): PlacedLine | undefined {
    const from = this.#at - this.#dataAt;
    const isBack = this.#side === "before";
    const start = isBack ? this.#data.subarray(0, Math.max(0, from - 1)).lastIndexOf(LINE_FEED) + 1 : from;
    const end = isBack ? from : this.#data.indexOf(LINE_FEED, from) + 1;
    // Without a preceding line feed, these bytes may be the rest of a line.
    if (end <= start || (isBack && start === 0 && this.#dataAt > 0)) return undefined;
    const at = this.#dataAt + start;
    this.#at = isBack ? at : this.#dataAt + end;
    const time = this.#data.toString("latin1", start, start + CRI.timeCharacters);
    return { at, end: this.#dataAt + end, time, bytes: this.#data.subarray(start, end - 1) };
  }

  /** Reads a block that holds the next line. */
  async fill(): Promise<void> {
    const isBack = this.#side === "before";
    for (let bytes = this.#blockBytes; bytes <= MAX_LINE_BYTES; bytes *= 4) {
      this.#dataAt = isBack ? Math.max(0, this.#at - bytes) : this.#at;
      const most = isBack ? this.#at - this.#dataAt : bytes;
      this.#data = await readWhole(this.#read, this.#dataAt, most);
      const isThere = isBack ? this.#data.lastIndexOf(LINE_FEED, -2) >= 0 : this.#data.includes(LINE_FEED);
      if (isThere || (isBack ? this.#dataAt === 0 : this.#data.length < bytes)) break;
    }
    this.#blockBytes = this.#nextBlockBytes;
  }
}
