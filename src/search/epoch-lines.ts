import { CRI } from "../wire/cri.ts";

/** A time of 27 characters and the space after it. */
const TIME_WORDS = 7;
const FIRST_LINES = 4_096;

/** Bits of a line's flags. */
export const LINE_FLAGS = {
  stderr: 1,
  /** Only a part of it was given to ripgrep. */
  long: 2,
} as const;

/** What a hit must say about its line. */
export interface LineFacts {
  /** Number of the execution in this search. */
  readonly execution: number;
  readonly n: number;
  readonly lastN: number;
  readonly isStderr: boolean;
  readonly isLong: boolean;
}

/** Lines from `ordinal` on are consecutive lines of an execution, from number `n` on. */
interface Run {
  readonly ordinal: number;
  readonly execution: number;
  readonly n: number;
}

/**
 * The lines of one epoch by ripgrep's number for them, counted from 0. Arrays of numbers, and only where a number is not
 * the one before plus one: an object for each line would cost more than the search itself.
 */
export class EpochLines {
  count = 0;
  #capacity = FIRST_LINES;
  #flags = new Uint8Array(FIRST_LINES);
  #times = new Int32Array(FIRST_LINES * TIME_WORDS);
  #runs: Run[] = [];
  /** The last numbers of lines of several pieces, by ordinal. */
  readonly #lastNs = new Map<number, number>();
  #execution = 0;
  #nextN = 0;

  /**
   * Adds a line. Called for each: all that it is given are numbers.
   *
   * @param time a view on its first piece's CRI bytes, which start at `timeAt`.
   */
  add(execution: number, n: number, flags: number, time: DataView, timeAt: number): void {
    if (this.count === this.#capacity) this.#grow();
    const at = this.count;
    if (n !== this.#nextN || execution !== this.#execution) {
      this.#runs.push({ ordinal: at, execution, n });
      this.#execution = execution;
    }
    this.#nextN = n + 1;
    this.#flags[at] = flags;
    const times = this.#times;
    const word = at * TIME_WORDS;
    for (let i = 0; i < TIME_WORDS; i += 1) times[word + i] = time.getInt32(timeAt + 4 * i, true);
    this.count = at + 1;
  }

  /** The line added last has several pieces: the number of its last one. */
  setLastN(lastN: number): void {
    this.#lastNs.set(this.count - 1, lastN);
  }

  facts(at: number): LineFacts {
    const flags = this.#flags[at] ?? 0;
    const { execution, n: first, ordinal } = this.#runOf(at);
    const n = first + at - ordinal;
    return {
      execution,
      n,
      lastN: this.#lastNs.get(at) ?? n,
      isStderr: (flags & LINE_FLAGS.stderr) !== 0,
      isLong: (flags & LINE_FLAGS.long) !== 0,
    };
  }

  timeOf(at: number): string {
    const bytes = Buffer.alloc(TIME_WORDS * 4);
    for (let i = 0; i < TIME_WORDS; i += 1) bytes.writeInt32LE(this.#times[at * TIME_WORDS + i] ?? 0, 4 * i);
    return bytes.toString("latin1", 0, CRI.timeCharacters);
  }

  /** Lines from `from` on, for the next epoch, which gets their text again. These are not needed any more. */
  tail(from: number): EpochLines {
    if (from === this.count) return this.#emptied();
    const next = new EpochLines();
    const view = new DataView(this.#times.buffer);
    for (let at = from; at < this.count; at += 1) {
      const { execution, n, lastN } = this.facts(at);
      next.add(execution, n, this.#flags[at] ?? 0, view, at * TIME_WORDS * 4);
      if (lastN !== n) next.setLastN(lastN);
    }
    return next;
  }

  /** Its arrays serve again: making and filling new ones costs a third of the search. */
  #emptied(): this {
    this.count = 0;
    this.#runs = [];
    this.#lastNs.clear();
    this.#nextN = 0;
    return this;
  }

  #runOf(at: number): Run {
    let [low, high] = [0, this.#runs.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.ordinal ?? 0) <= at) low = middle;
      else high = middle;
    }
    return this.#runs[low] ?? { ordinal: 0, execution: 0, n: 0 };
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#flags = grown(new Uint8Array(this.#capacity), this.#flags);
    this.#times = grown(new Int32Array(this.#capacity * TIME_WORDS), this.#times);
  }
}

function grown<T extends { set(from: T): void }>(to: T, from: T): T {
  to.set(from);
  return to;
}
