const LINE_FEED = 0x0a;
const COLON = 0x3a;
const ZERO = 0x30;

/**
 * Reads the numbers of lines in the output of `rg --line-number`, which may be split anywhere. Allocates nothing: there
 * may be millions of hits.
 */
export class NumberReader {
  readonly #onNumber: (ordinal: number) => void;
  #number = 0;
  /** The line's number has been read. */
  #isRead = false;

  /** @param onNumber gets the numbers from 0 on. */
  constructor(onNumber: (ordinal: number) => void) {
    this.#onNumber = onNumber;
  }

  push(chunk: Buffer): void {
    let [number, isRead] = [this.#number, this.#isRead];
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === LINE_FEED) [number, isRead] = [0, false];
      else if (isRead) continue;
      else if (byte === COLON) {
        isRead = true;
        this.#onNumber(number - 1);
      } else number = number * 10 + (byte ?? ZERO) - ZERO;
    }
    [this.#number, this.#isRead] = [number, isRead];
  }
}
