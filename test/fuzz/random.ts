import fc from "fast-check";

/** Hands out fast-check's own generator: a case draws as much as it needs. */
class Source extends fc.Arbitrary<fc.Random> {
  override generate(random: fc.Random): fc.Value<fc.Random> {
    return new fc.Value(random, undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is fc.Random {
    return false;
  }

  override shrink(): fc.Stream<fc.Value<fc.Random>> {
    return fc.Stream.nil();
  }
}

const SOURCE = new Source();

/** Random choices of one case, drawn from fast-check: the same ones for the same seed. */
export class Random {
  readonly #source: fc.Random;

  private constructor(source: fc.Random) {
    this.#source = source;
  }

  /** Each case of a run has a seed of its own, so that it can be run again alone. */
  static ofCase(seed: number, index: number): Random {
    const mixed = Math.imul(seed ^ (index >>> 0), 0x9e3779b1) + Math.imul(index ^ 0x5bd1e995, 0x85ebca6b);
    const [source] = fc.sample(SOURCE, { seed: mixed | 0, numRuns: 1 });
    if (source === undefined) throw new Error("fast-check made no sample");
    return new Random(source);
  }

  /** A value of a fast-check arbitrary. */
  of<T>(arbitrary: fc.Arbitrary<T>): T {
    return arbitrary.generate(this.#source, undefined).value;
  }

  /** An unsigned 32-bit integer. */
  next(): number {
    return this.#source.nextInt(0, 0xffffffff);
  }

  /** From 0 to one less than `count`. */
  below(count: number): number {
    return this.#source.nextInt(0, count - 1);
  }

  /** True once in so many calls, on average. */
  oneIn(chances: number): boolean {
    return this.below(chances) === 0;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** Up to `most` bytes: of any value, or printable ASCII, which parsers take further. */
  bytes(most: number): Buffer {
    const bytes = Buffer.alloc(this.below(most + 1));
    const isText = this.oneIn(2);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = isText ? 0x20 + this.below(96) : this.below(256);
    return bytes;
  }

  /** Ascending places to cut something of this length; its end is the last. */
  cuts(length: number): number[] {
    const cuts = Array.from({ length: this.below(6) }, () => this.below(length + 1));
    return [...cuts, length].sort((a, b) => a - b);
  }
}
