import { RUN_LIMITS } from "../limits.ts";
import { CursorRedraws } from "./cursor-redraws.ts";
import { isPlainAfter, isRedrawnBy } from "./redraw-shape.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Thins the redraws of one stream: text up to a `\r` that no line feed follows, and those of `CursorRedraws`. One in
 * `redrawEveryMs` is kept, and always the last before other text, before a newline and before silence. A redraw is
 * omitted only if the next one redraws the same thing (`isRedrawnBy`): a message between bars stays.
 *
 * Works in place on the bytes not yet in a frame: `[sendable | candidate | tail]`. The candidate is the newest unsent
 * redraw; the tail is the text after the last `\r`, perhaps an incomplete redraw.
 */
export class RedrawThinner {
  /** After `thin`: the end of the sendable bytes, and of all bytes. */
  sendEnd = 0;
  end = 0;
  readonly #cursor = new CursorRedraws();
  #thinnedBytes = 0;
  #candidateBytes = 0;
  #keptAtMs = Number.NEGATIVE_INFINITY;
  /** Whether no colour is on before the unsent bytes, and after them. */
  #isPlain = true;
  #isPlainAtEnd = true;
  /** Whether the start of the following text was sent as a fragment, so that its rest must be sent as well. */
  #begun = false;

  /** Bytes omitted so far. */
  get thinnedBytes(): number {
    return this.#thinnedBytes + this.#cursor.thinnedBytes;
  }

  /** Whether sent bytes may end inside a line. */
  get endsAnywhere(): boolean {
    return this.#cursor.isActive;
  }

  /** Removes redraws from `bytes[from..to)`, which begins with the previous call's candidate and tail. */
  thin(bytes: Buffer, from: number, to: number, nowMs: number): void {
    if (this.#cursor.thin(bytes, from, to, nowMs)) {
      this.sendEnd = this.#cursor.sendEnd;
      this.end = this.#cursor.end;
      this.#candidateBytes = 0;
      this.#isPlain = false;
      this.#isPlainAtEnd = false;
      return;
    }
    this.sendEnd = to;
    this.end = to;
    if (this.#candidateBytes > 0 || hasCarriageReturn(bytes, from, to)) this.#thinReturns(bytes, from, to, nowMs);
    else this.#pass(bytes, from, to);
  }

  /**
   * Passes bytes without redraws: notes only colours, of the sendable bytes and of those that wait for the rest of
   * their line.
   */
  #pass(bytes: Buffer, from: number, to: number): void {
    const linesEnd = bytes.subarray(from, to).lastIndexOf(LINE_FEED) + 1 + from;
    this.#isPlain = isPlainAfter(bytes, from, linesEnd, this.#isPlain);
    this.#isPlainAtEnd = isPlainAfter(bytes, linesEnd, to, this.#isPlain);
  }

  #thinReturns(bytes: Buffer, from: number, to: number, nowMs: number): void {
    let out = from;
    let candidateAt = from;
    let candidateEnd = from + this.#candidateBytes;
    let segmentAt = candidateEnd;
    // Before the candidate, and before the segment.
    let candidateIsPlain = this.#isPlain;
    let segmentIsPlain = isPlainAfter(bytes, candidateAt, candidateEnd, candidateIsPlain);
    const send = (at: number, end: number) => {
      if (at !== out) bytes.copyWithin(out, at, end);
      out += end - at;
    };
    const sendText = (end: number) => {
      send(candidateAt, candidateEnd);
      send(segmentAt, end);
      segmentIsPlain = isPlainAfter(bytes, segmentAt, end, segmentIsPlain);
      candidateIsPlain = segmentIsPlain;
      segmentAt = end;
      candidateAt = end;
      candidateEnd = end;
      this.#begun = false;
    };
    for (let at = segmentAt; ; ) {
      const found = bytes.indexOf(CARRIAGE_RETURN, at);
      const carriageReturn = found < 0 || found >= to ? to : found;
      // Not lastIndexOf: with many short redraws it would scan everything before them each time.
      let lineEnd = carriageReturn;
      while (lineEnd > segmentAt && bytes[lineEnd - 1] !== LINE_FEED) lineEnd -= 1;
      if (lineEnd > segmentAt) sendText(lineEnd);
      // At the very end it is not yet known whether a line feed follows.
      if (carriageReturn + 1 >= to) break;
      at = carriageReturn + 1;
      if (bytes[at] === LINE_FEED) continue;
      if (at - segmentAt === 1 && !this.#begun) {
        // The cursor is already at the start of the row.
        this.#thinnedBytes += 1;
        segmentAt = at;
        continue;
      }
      const tooLong = at - segmentAt > RUN_LIMITS.redrawBytes;
      if (
        candidateEnd > candidateAt &&
        !isRedrawnBy(bytes, [candidateAt, candidateEnd], [segmentAt, at], candidateIsPlain)
      ) {
        send(candidateAt, candidateEnd);
        candidateAt = candidateEnd;
      }
      const nextIsPlain = isPlainAfter(bytes, segmentAt, at, segmentIsPlain);
      if (this.#begun || tooLong || nowMs - this.#keptAtMs >= RUN_LIMITS.redrawEveryMs) {
        this.#thinnedBytes += candidateEnd - candidateAt;
        send(segmentAt, at);
        this.#keptAtMs = nowMs;
        this.#begun = false;
        candidateAt = at;
        candidateIsPlain = nextIsPlain;
      } else {
        this.#thinnedBytes += candidateEnd - candidateAt;
        candidateAt = segmentAt;
        candidateIsPlain = segmentIsPlain;
      }
      segmentIsPlain = nextIsPlain;
      candidateEnd = at;
      segmentAt = at;
    }
    if (to - segmentAt > RUN_LIMITS.redrawBytes) sendText(to);
    this.sendEnd = out;
    this.#candidateBytes = candidateEnd - candidateAt;
    this.#isPlain = candidateIsPlain;
    this.#isPlainAtEnd = isPlainAfter(bytes, segmentAt, to, segmentIsPlain);
    send(candidateAt, candidateEnd);
    send(segmentAt, to);
    this.end = out;
  }

  /** Notes that bytes went into a frame; `last` is the last of them. */
  sent(last: number | undefined): void {
    this.#begun = last !== LINE_FEED && last !== CARRIAGE_RETURN;
  }

  /** Lets everything held back go into frames as well; `last` is its last byte. */
  sendAll(last: number | undefined, nowMs: number): void {
    if (this.#cursor.isActive) this.#cursor.sendAll(nowMs);
    if (this.#candidateBytes > 0 || last === CARRIAGE_RETURN) this.#keptAtMs = nowMs;
    this.#candidateBytes = 0;
    this.#isPlain = this.#isPlainAtEnd;
  }

  /**
   * When the held bytes should be shown: a prompt soon; a possible redraw after as long without output as one may take.
   */
  dueMs(held: { readonly sinceMs: number; readonly readAtMs: number }): number {
    if (this.#cursor.isActive) return this.#cursor.dueMs;
    const redrawn = this.#candidateBytes > 0 || held.sinceMs - this.#keptAtMs < RUN_LIMITS.redrawEveryMs;
    return redrawn ? held.readAtMs + RUN_LIMITS.redrawEveryMs : held.sinceMs + RUN_LIMITS.fragmentAfterMs;
  }
}

function hasCarriageReturn(bytes: Buffer, from: number, to: number): boolean {
  const at = bytes.indexOf(CARRIAGE_RETURN, from);
  return at >= 0 && at < to;
}
