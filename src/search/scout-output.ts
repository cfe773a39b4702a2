const LINE_FEED = 0x0a;
const COLON = 0x3a;
const ZERO = 0x30;

/** Whole lines of a log, in order. */
export interface FoundLines {
  /** One after the other, each with its LF. */
  readonly cri: Buffer;
  /** For each line: its number in the log, from 1, and the place of its first byte there and in `cri`. */
  readonly numbers: readonly number[];
  readonly places: readonly number[];
  readonly starts: readonly number[];
}

/** Parses the output of `rg --line-number --byte-offset`: `NUMBER:PLACE:LINE`. */
export class ScoutOutput {
  readonly #maxLineBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #isBroken = false;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** The output contained something else, or a line was too long. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  push(chunk: Buffer): FoundLines {
    const output = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const cri = Buffer.allocUnsafe(output.length);
    const [numbers, places, starts]: [number[], number[], number[]] = [[], [], []];
    let [at, written] = [0, 0];
    for (let end = output.indexOf(LINE_FEED); end >= 0; end = output.indexOf(LINE_FEED, at)) {
      let colon = output.indexOf(COLON, at);
      numbers.push(this.#number(output, at, colon));
      const placeAt = colon + 1;
      colon = output.indexOf(COLON, placeAt);
      places.push(this.#number(output, placeAt, colon));
      starts.push(written);
      written += output.copy(cri, written, colon + 1, end + 1);
      at = end + 1;
    }
    this.#rest = Buffer.from(output.subarray(at));
    if (this.#rest.length > this.#maxLineBytes) this.#isBroken = true;
    return { cri: cri.subarray(0, written), numbers, places, starts };
  }

  #number(output: Buffer, from: number, to: number): number {
    let number = 0;
    for (let at = from; at < to; at += 1) {
      const digit = (output[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) this.#isBroken = true;
      number = number * 10 + digit;
    }
    if (to <= from) this.#isBroken = true;
    return number;
  }
}
