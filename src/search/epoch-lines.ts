import { CRI } from "../wire/cri.ts";

/** A time of 27 characters and the space after it. */
const TIME_WORDS = 7;
const STDERR = 1;
const LONG = 2;
const FIRST_LINES = 4_096;

/** What a hit must say about its line. */
export interface LineFacts {
  /** Number of the execution in this search. */
  readonly execution: number;
  readonly n: number;
  readonly lastN: number;
  readonly isStderr: boolean;
  /** Only a part of it was given to ripgrep. */
  readonly isLong: boolean;
}

/**
 * The lines of one epoch by ripgrep's number for them, counted from 0. Arrays of numbers: an object for each line would
 * cost more than the search itself.
 */
export class EpochLines {
  count = 0;
  #capacity = FIRST_LINES;
  #n = new Float64Array(FIRST_LINES);
  #lastN = new Float64Array(FIRST_LINES);
  #execution = new Uint32Array(FIRST_LINES);
  #flags = new Uint8Array(FIRST_LINES);
  #times = new Int32Array(FIRST_LINES * TIME_WORDS);

  /** Adds a line. @param time a view on its first piece's CRI bytes, which start at `timeAt`. */
  add(facts: LineFacts, time: DataView, timeAt: number): void {
    if (this.count === this.#capacity) this.#grow();
    const at = this.count;
    this.#n[at] = facts.n;
    this.#lastN[at] = facts.lastN;
    this.#execution[at] = facts.execution;
    this.#flags[at] = (facts.isStderr ? STDERR : 0) | (facts.isLong ? LONG : 0);
    const word = at * TIME_WORDS;
    for (let i = 0; i < TIME_WORDS; i += 1) this.#times[word + i] = time.getInt32(timeAt + 4 * i, true);
    this.count += 1;
  }

  facts(at: number): LineFacts {
    const flags = this.#flags[at] ?? 0;
    return {
      execution: this.executionOf(at),
      n: this.#n[at] ?? 0,
      lastN: this.#lastN[at] ?? 0,
      isStderr: (flags & STDERR) !== 0,
      isLong: (flags & LONG) !== 0,
    };
  }

  executionOf(at: number): number {
    return this.#execution[at] ?? 0;
  }

  timeOf(at: number): string {
    const bytes = Buffer.alloc(TIME_WORDS * 4);
    for (let i = 0; i < TIME_WORDS; i += 1) bytes.writeInt32LE(this.#times[at * TIME_WORDS + i] ?? 0, 4 * i);
    return bytes.toString("latin1", 0, CRI.timeCharacters);
  }

  /** Lines from `from` on, for the next epoch, which gets their text again. */
  tail(from: number): EpochLines {
    const next = new EpochLines();
    const view = new DataView(this.#times.buffer);
    for (let at = from; at < this.count; at += 1) next.add(this.facts(at), view, at * TIME_WORDS * 4);
    return next;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#n = grown(new Float64Array(this.#capacity), this.#n);
    this.#lastN = grown(new Float64Array(this.#capacity), this.#lastN);
    this.#execution = grown(new Uint32Array(this.#capacity), this.#execution);
    this.#flags = grown(new Uint8Array(this.#capacity), this.#flags);
    this.#times = grown(new Int32Array(this.#capacity * TIME_WORDS), this.#times);
  }
}

function grown<T extends { set(from: T): void }>(to: T, from: T): T {
  to.set(from);
  return to;
}
