const ESC = 0x1b;
/** A C1 control in UTF-8 is this byte and a second one; those that begin a sequence have 0x90 or above. */
const C1_LEAD = 0xc2;
const FIRST_C1 = 0x90;
const LAST_C1 = 0x9f;

/**
 * Finds where escape sequences begin in UTF-8. If places ascend, the bytes are read only twice in all. A lead byte
 * at the very end counts as a beginning, since the next block may make it one.
 */
export class EscapeFinder {
  readonly #data: Buffer;
  #escAt = -1;
  #c1At = -1;

  constructor(data: Buffer) {
    this.#data = data;
  }

  /** The first at or after `from`; the length of the bytes if there is none. */
  next(from: number): number {
    if (this.#escAt < from) this.#escAt = this.#find(ESC, from);
    if (this.#c1At < from) this.#c1At = this.#nextC1(from);
    return Math.min(this.#escAt, this.#c1At);
  }

  #nextC1(from: number): number {
    let at = this.#find(C1_LEAD, from);
    while (at < this.#data.length) {
      const control = this.#data[at + 1] ?? FIRST_C1;
      if (control >= FIRST_C1 && control <= LAST_C1) return at;
      at = this.#find(C1_LEAD, at + 1);
    }
    return at;
  }

  #find(byte: number, from: number): number {
    const at = this.#data.indexOf(byte, from);
    return at < 0 ? this.#data.length : at;
  }
}
