import { CRI } from "../wire/cri.ts";
import { grown, LineRuns } from "./line-runs.ts";

/** Words of a time: 27 characters and the space after it. */
const TIME_WORDS = 7;
/** `2026-11-20T04:17` */
const MINUTE_WORDS = 4;
const ZERO = 0x30;
const FIRST_LINES = 4_096;

/** Bits of a line's flags. */
export const LINE_FLAGS = {
  stderr: 1,
  /** ripgrep got only a part of the line. */
  long: 2,
} as const;

/** What a hit reports about its line. */
export interface LineFacts {
  /** Number of the execution in this search. */
  readonly execution: number;
  readonly n: number;
  readonly lastN: number;
  readonly isStderr: boolean;
  readonly isLong: boolean;
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
  readonly #runs = new LineRuns();
  readonly #minute = { words: new Int32Array(MINUTE_WORDS), ms: Number.NaN };
  /** The last numbers of lines of several pieces, by ordinal. */
  readonly #lastNs = new Map<number, number>();
  #execution = 0;
  #nextN = 0;

  /**
   * Adds a line. Called for each, so its arguments are numbers.
   *
   * @param time a view on its first piece's CRI bytes, which start at `timeAt`.
   */
  add(execution: number, n: number, flags: number, time: DataView, timeAt: number): void {
    if (this.count === this.#capacity) this.#grow();
    const at = this.count;
    if (n !== this.#nextN || execution !== this.#execution) {
      this.#runs.add(at, execution, n);
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
    const { execution, n } = this.#runs.of(at);
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

  /**
   * Milliseconds since 1970; NaN on an impossible day. Parses a minute once: most hits are in that of the hit before.
   */
  timeMsOf(at: number): number {
    const word = at * TIME_WORDS;
    const { words } = this.#minute;
    let isKnown = true;
    for (let i = 0; i < MINUTE_WORDS; i += 1) {
      const written = this.#times[word + i] ?? 0;
      if (words[i] === written) continue;
      words[i] = written;
      isKnown = false;
    }
    if (!isKnown) this.#minute.ms = Date.parse(`${this.timeOf(at).slice(0, MINUTE_WORDS * 4)}Z`);
    // `:SS.` and `mmmu`, the first character in the lowest bits.
    const [seconds = 0, fraction = 0] = [this.#times[word + MINUTE_WORDS], this.#times[word + MINUTE_WORDS + 1]];
    const secondsMs = digit(seconds, 1) * 10_000 + digit(seconds, 2) * 1_000;
    return this.#minute.ms + secondsMs + digit(fraction, 0) * 100 + digit(fraction, 1) * 10 + digit(fraction, 2);
  }

  /** Lines from `from` on, for the next epoch, which gets their text again. This object must not be used afterwards. */
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

  /** Empties it and reuses its arrays: new ones would cost a third of the search. */
  #emptied(): this {
    this.count = 0;
    this.#runs.clear();
    this.#lastNs.clear();
    this.#nextN = 0;
    return this;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#flags = grown(new Uint8Array(this.#capacity), this.#flags);
    this.#times = grown(new Int32Array(this.#capacity * TIME_WORDS), this.#times);
  }
}

/** The character of a word's byte as a digit. */
function digit(word: number, byte: number): number {
  return ((word >>> (8 * byte)) & 0xff) - ZERO;
}
