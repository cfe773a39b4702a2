/** A FIFO holds 64 KiB (pipe(7)): with this much in it, the command may have had to wait. */
const NEARLY_FULL_BYTES = 49_152;
/** Reads this close together belong to one burst of output. */
const BURST_GAP_MS = 1.5;
const PAUSE_MS = 1;
/** Reads without a pause after a nearly full one: the command writes too fast for pauses. */
const READS_WITHOUT_PAUSE = 4;

/**
 * How long to wait before the next read.
 *
 * Many small writes in a row (an interpreter's 8 KiB) would each wake mlrun, and cost the command more than its output.
 * So the reads of a burst are a millisecond apart, unless that would make the command wait. A single read is never
 * delayed.
 */
export class ReadPace {
  #lastReadAtMs = Number.NEGATIVE_INFINITY;
  #freeReads = 0;

  /** Notes a read. @returns Milliseconds to pause, or 0. */
  after(bytes: number, nowMs: number): number {
    const gapMs = nowMs - this.#lastReadAtMs;
    this.#lastReadAtMs = nowMs;
    if (bytes >= NEARLY_FULL_BYTES) {
      this.#freeReads = READS_WITHOUT_PAUSE;
      return 0;
    }
    if (this.#freeReads > 0) {
      this.#freeReads -= 1;
      return 0;
    }
    return gapMs < BURST_GAP_MS ? PAUSE_MS : 0;
  }
}
