import { quantile } from "./statistics.ts";

/** Where lines of one length stand in a buffer. */
interface LinesAt {
  readonly firstN: number;
  readonly count: number;
  /** The first line's text. */
  readonly textAt: number;
  /** From one line's text to the next. */
  readonly stepBytes: number;
}

/** Selects measured lines by number, so that two receivers pick the same. */
export interface Sampling {
  /** Earlier lines only warm up. */
  readonly fromN: number;
  readonly every: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Lines missing or out of order after warming up. */
  readonly astray: number;
}

/** Digits of the clock that each line begins with: CLOCK_MONOTONIC in microseconds, which all processes here share. */
const STAMP_DIGITS = 16;
const MICROSECONDS_PER_MS = 1_000;
const ZERO = 0x30;

export function stampNow(): string {
  return String(now()).padStart(STAMP_DIGITS, "0");
}

function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Age of an execution's lines on arrival at one receiver. */
export class LatencySamples {
  readonly #sampling: Sampling;
  readonly #agesMs: number[] = [];
  #now = 0;
  #lastN = 0;
  #astray = 0;

  constructor(sampling: Sampling) {
    this.#sampling = sampling;
  }

  get lastN(): number {
    return this.#lastN;
  }

  /** Something came: the clock for what `take` finds in it. */
  tick(): void {
    this.#now = now();
  }

  take(bytes: Buffer, { firstN, count, textAt, stepBytes }: LinesAt): void {
    const { every, fromN } = this.#sampling;
    if (this.#lastN !== 0 && firstN >= fromN) this.#astray += Math.abs(firstN - this.#lastN - 1);
    this.#lastN = firstN + count - 1;
    const behind = firstN % every;
    for (let i = behind === 0 ? 0 : every - behind; i < count; i += every) {
      if (firstN + i < fromN) continue;
      const at = textAt + i * stepBytes;
      let printedAt = 0;
      for (let d = 0; d < STAMP_DIGITS; d += 1) printedAt = printedAt * 10 + (bytes[at + d] ?? 0) - ZERO;
      this.#agesMs.push((this.#now - printedAt) / MICROSECONDS_PER_MS);
    }
  }

  /** Of several receivers together. */
  static latency(all: readonly LatencySamples[]): Latency {
    const agesMs = all.flatMap((samples) => samples.#agesMs);
    const astray = all.reduce((sum, samples) => sum + samples.#astray, 0);
    return { p50Ms: quantile(agesMs, 0.5), p99Ms: quantile(agesMs, 0.99), astray };
  }
}
