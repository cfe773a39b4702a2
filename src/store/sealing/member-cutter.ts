import { GramSet } from "../../frame/gram-filter.ts";
import { CRI } from "../../wire/cri.ts";

const LINE_FEED = 0x0a;
const LETTER_P = 0x50;
const LETTER_E = 0x65;
/** The third character of a stream's name: stdOut, stdErr. */
const STREAM_LETTER_AT = CRI.streamAt + 3;

const STREAMS = [0, 1] as const;
type Streams = [stdout: boolean, stderr: boolean];

/** The start of a block. `open`: a line of the stream is open at its end; `has`: it contains lines of the stream. */
interface Measured {
  readonly bytes: number;
  readonly lines: number;
  readonly fragments: number;
  readonly open: Streams;
  readonly has: Streams;
}

/** A part of a log that becomes one member: whole CRI lines. */
interface Cut {
  readonly bytes: number;
  readonly lines: number;
  readonly fragments: number;
  /** Empty if the member must always be searched. */
  readonly filter: Uint32Array;
}

/**
 * Cuts a log into members, and makes the filter of each.
 *
 * A search joins the pieces of a line, and passes over members whose filter lacks its text. So a member that has a piece of
 * a line which is not whole in it gets an empty filter: it is always searched. Where possible members end where no line
 * is open, so that there are few of them. A line that stays open without a piece in a member, such as an unanswered prompt,
 * does not concern that member.
 */
export class MemberCutter {
  readonly #grams = new GramSet();
  /** Whether a line of the stream is open where the next member begins. */
  #open: Streams = [false, false];

  /**
   * Cuts off the next member: the block, or at least half of it, so that no line is open at the end if possible.
   *
   * @param block Whole CRI lines, at least one.
   */
  next(block: Buffer): Cut {
    const { bytes, lines, fragments, open, has } = this.#measure(block);
    const isTouched = STREAMS.some((stream) => has[stream] && (this.#open[stream] || open[stream]));
    if (!isTouched) this.#addGrams(block, bytes);
    this.#open = open;
    return { bytes, lines, fragments, filter: isTouched ? new Uint32Array(0) : this.#grams.take() };
  }

  #measure(block: Buffer): Measured {
    const open: Streams = [...this.#open];
    const has: Streams = [false, false];
    let [at, lines, fragments] = [0, 0, 0];
    const measured = (): Measured => ({ bytes: at, lines, fragments, open: [...open], has: [...has] });
    const isSettled = (): boolean => !(open[0] && has[0]) && !(open[1] && has[1]);
    let settled: Measured | undefined;
    while (at < block.length) {
      const stream = block[at + STREAM_LETTER_AT] === LETTER_E ? 1 : 0;
      const isPiece = block[at + CRI.tagAt] === LETTER_P;
      // The last place before a line that may continue after this block.
      if (isPiece && at * 2 >= block.length && isSettled()) settled = measured();
      has[stream] = true;
      open[stream] = isPiece;
      if (isPiece) fragments += 1;
      lines += 1;
      at = block.indexOf(LINE_FEED, at) + 1;
      if (at === 0) throw new RangeError("Cannot seal a log: it does not end with a line");
    }
    return isSettled() || settled === undefined ? measured() : settled;
  }

  /** Pieces of a line are one text, so the state carries over from piece to piece. All lines are whole here. */
  #addGrams(block: Buffer, bytes: number): void {
    const grams = this.#grams;
    const before: [number, number] = [0, 0];
    const length: [number, number] = [0, 0];
    for (let at = 0; at < bytes; ) {
      const end = block.indexOf(LINE_FEED, at);
      const stream = block[at + STREAM_LETTER_AT] === LETTER_E ? 1 : 0;
      const from = at + CRI.prefixCharacters;
      const gram = grams.add(block, from, end, before[stream], length[stream]);
      const isPiece = block[at + CRI.tagAt] === LETTER_P;
      before[stream] = isPiece ? gram : 0;
      length[stream] = isPiece ? length[stream] + end - from : 0;
      at = end + 1;
    }
  }
}
