/** A generator of numbers that gives the same ones for the same seed (mulberry32), and what is made of them. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Each case of a run has numbers of its own, so that it can be run again alone. */
  static ofCase(seed: number, index: number): Random {
    return new Random(Math.imul(seed ^ (index >>> 0), 0x9e3779b1) + Math.imul(index ^ 0x5bd1e995, 0x85ebca6b));
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 to one less than `count`. */
  below(count: number): number {
    return this.next() % count;
  }

  /** Whether one of so many chances came up. */
  oneIn(chances: number): boolean {
    return this.below(chances) === 0;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** Up to `most` bytes of any value, or of few values: then they often look like something. */
  bytes(most: number): Buffer {
    const bytes = Buffer.alloc(this.below(most + 1));
    const isText = this.oneIn(2);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = isText ? 0x20 + this.below(96) : this.below(256);
    return bytes;
  }

  /** Where to cut something of this length, ascending; its end is the last. */
  cuts(length: number): number[] {
    const cuts = Array.from({ length: this.below(6) }, () => this.below(length + 1));
    return [...cuts, length].sort((a, b) => a - b);
  }
}
