/**
 * Bloom filters over the 4-grams of texts: which texts a part of a log cannot hold. Letters of ASCII count as small ones,
 * so that one filter serves searches with and without regard to case.
 */

/** Bits of the filter for each gram, and how many of them a gram sets: 3 and 2 give 1 to 2 % false positives. */
const BITS_A_GRAM = 3;
const HASHES = 2;
const WORD_BITS = 32;
const LEAST_WORDS = 2;
/** Slots of the table of known grams: a power of two. */
const SLOT_BITS = 18;
const SLOTS = 1 << SLOT_BITS;
/** More grams would make the table slow, and the filter as large as what it saves: such a part is always searched. */
const MAX_GRAMS = 190_000;
const GRAM_BYTES = 4;

/** Each byte, with ASCII capitals as small letters. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));
const LETTER_K = 0x6b;
const LETTER_S = 0x73;

/** Collects the grams of one part of a log. The same table serves part after part. */
export class GramSet {
  readonly #slots = new Uint32Array(SLOTS);
  readonly #grams = new Uint32Array(MAX_GRAMS);
  #count = 0;
  #isFull = false;

  /**
   * Adds the grams of bytes `from` to `to`, and returns the last bytes, as a number for `before` of the text's next
   * piece. Nothing is allocated: it runs for each line.
   *
   * @param before What this function returned for the piece before; 0 at the beginning of a text.
   * @param length Bytes of the text before this piece.
   */
  add(bytes: Uint8Array, from: number, to: number, before = 0, length = 0): number {
    let gram = before;
    let at = from;
    for (let had = length; had < GRAM_BYTES - 1 && at < to; had += 1, at += 1)
      gram = (gram << 8) | (FOLDED[bytes[at] ?? 0] ?? 0);
    for (; at < to; at += 1) {
      gram = (gram << 8) | (FOLDED[bytes[at] ?? 0] ?? 0);
      if (gram !== 0) this.#put(gram);
    }
    return gram;
  }

  /** The filter of what was added, for `mayHold`; empty if it would pass nearly everything. Starts anew. */
  take(): Uint32Array {
    const filter = this.#isFull ? new Uint32Array(0) : this.#filter();
    this.#slots.fill(0);
    this.#count = 0;
    this.#isFull = false;
    return filter;
  }

  #put(signed: number): void {
    const gram = signed >>> 0;
    let slot = Math.imul(gram, 0x9e3779b1) >>> (WORD_BITS - SLOT_BITS);
    for (;;) {
      const known = this.#slots[slot];
      if (known === gram) return;
      if (known === 0) break;
      slot = (slot + 1) & (SLOTS - 1);
    }
    if (this.#count === MAX_GRAMS) {
      this.#isFull = true;
      return;
    }
    this.#slots[slot] = gram;
    this.#grams[this.#count] = gram;
    this.#count += 1;
  }

  #filter(): Uint32Array {
    const filter = new Uint32Array(Math.max(LEAST_WORDS, Math.ceil((this.#count * BITS_A_GRAM) / WORD_BITS)));
    const bits = filter.length * WORD_BITS;
    for (let i = 0; i < this.#count; i += 1) {
      const gram = this.#grams[i] ?? 0;
      let hash = firstHash(gram);
      for (let k = 0; k < HASHES; k += 1) {
        const bit = (hash >>> 0) % bits;
        filter[bit >>> 5] = (filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
        hash = (hash + hashStep(gram)) | 0;
      }
    }
    return filter;
  }
}

/**
 * The grams that each text with this literal has. Without regard to case, only grams of ASCII without `k` and `s`, to
 * which Unicode adds the Kelvin sign and `ſ`. None: no filter can exclude this literal.
 */
export function gramsOf(literal: Uint8Array, { ignoreCase }: { readonly ignoreCase: boolean }): Uint32Array {
  const grams = new Set<number>();
  for (let at = 0; at + GRAM_BYTES <= literal.length; at += 1) {
    const bytes = literal.subarray(at, at + GRAM_BYTES).map((byte) => FOLDED[byte] ?? 0);
    if (ignoreCase && bytes.some((byte) => byte >= 0x80 || byte === LETTER_K || byte === LETTER_S)) continue;
    const gram = bytes.reduce((sum, byte) => (sum << 8) | byte, 0) >>> 0;
    if (gram !== 0) grams.add(gram);
  }
  return Uint32Array.from(grams);
}

/** False: no text of the part has all of these grams. An empty filter knows nothing. */
export function mayHold(filter: Uint32Array, grams: Uint32Array): boolean {
  const bits = filter.length * WORD_BITS;
  if (bits === 0) return true;
  for (const gram of grams) {
    let hash = firstHash(gram);
    for (let k = 0; k < HASHES; k += 1) {
      const bit = (hash >>> 0) % bits;
      if (((filter[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
      hash = (hash + hashStep(gram)) | 0;
    }
  }
  return true;
}

function firstHash(gram: number): number {
  return Math.imul(gram, 0x9e3779b1) ^ (gram >>> 15);
}

function hashStep(gram: number): number {
  return Math.imul(gram ^ 0x5bd1e995, 0x85ebca6b) | 1;
}
