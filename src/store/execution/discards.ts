import type { LineRange } from "../../wire/api.ts";
import { type Discard, parseDiscards } from "../../wire/discard.ts";
import type { OverLimit } from "../owner/owner-account.ts";
import type { AnyRecord, Sidecar } from "./sidecar.ts";

/** Holes kept for an execution; with more, all its holes are laid to the last reason. */
const MAX_HOLES = 64;
/** Numbers that were thrown away; 0: none. */
export interface LostLines {
  readonly firstN: number;
  readonly lastN: number;
  /** Lines that the execution has had, by its END. */
  readonly endN: number;
}

/** The end of a hole that goes on, or whose end was not written. */
const UNKNOWN = Number.MAX_SAFE_INTEGER;

/** A discard as the sidecar has it: without its end when it begins, and once more when it is over. */
interface DiscardRecord extends OverLimit {
  readonly t: "discard";
  readonly from: number;
  readonly to?: number;
}

/**
 * Which lines of one execution were not stored because of a limit: holes of numbers, in the order of their coming.
 * A number inside that is stored nevertheless does not count.
 *
 * The sidecar has a record when a hole begins, before anything of it is acknowledged, and one when it ends: a flood
 * is a few records, and a collector killed in between knows where the hole began. Throws what the file system throws,
 * and has changed nothing then.
 */
export class Discards {
  readonly #sidecar: Sidecar;
  readonly #holes: Discard[] = [];
  /** Whether the last one goes on. */
  #isOpen = false;

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
  }

  get isEmpty(): boolean {
    return this.#holes.length === 0;
  }

  /** The highest number that is known to be thrown away. */
  get last(): number {
    return this.#holes.reduce((last, { to }) => (to === UNKNOWN ? last : Math.max(last, to)), 0);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Takes lines that are not stored. */
  add(from: number, to: number, { reason, limit }: OverLimit): void {
    const last = this.#holes[this.#holes.length - 1];
    const goesOn = last !== undefined && this.#isOpen && last.reason === reason;
    if (goesOn && from >= last.from && from <= last.to + 1) {
      if (to > last.to) this.#holes[this.#holes.length - 1] = { ...last, to };
      return;
    }
    if (this.#holes.some((known) => known.from <= from && to <= known.to)) return;
    this.close(UNKNOWN);
    const isLast = this.#holes.length >= MAX_HOLES - 1;
    const begins = isLast ? 1 : from;
    this.#write({ t: "discard", from: begins, reason, limit });
    this.#holes.push({ from: begins, to: isLast ? UNKNOWN : to, reason, limit });
    this.#isOpen = !isLast;
  }

  /** Ends the hole: line `nextN` is stored, or is the first one beyond the END. */
  close(nextN: number): void {
    const last = this.#holes[this.#holes.length - 1];
    if (last === undefined || !this.#isOpen) return;
    // Where the end is known it stays: one line inside that is stored after all does not give the others back.
    const to = last.to === UNKNOWN && nextN > last.from ? nextN - 1 : last.to;
    if (to >= UNKNOWN - 1) return;
    this.#write({ t: "discard", ...last, to });
    this.#holes[this.#holes.length - 1] = { ...last, to };
    this.#isOpen = false;
  }

  /** Takes a record as read back. One that begins where the last does is that one's end. */
  restore(record: AnyRecord): void {
    if (record.t !== "discard") return;
    const [read] = parseDiscards([{ to: UNKNOWN, ...record.members }]) ?? [];
    if (read === undefined) return;
    const last = this.#holes[this.#holes.length - 1];
    if (last?.from === read.from && last.reason === read.reason) this.#holes.pop();
    if (this.#holes.length >= MAX_HOLES) return;
    this.#holes.push(read);
    this.#isOpen = read.to === UNKNOWN && this.#holes.length < MAX_HOLES;
  }

  /** Of the missing ranges, what was discarded: in order, at most `limit` of them. */
  within(missing: readonly LineRange[], limit: number): Discard[] {
    if (this.isEmpty) return [];
    const found: Discard[] = [];
    const holes = this.#holes.toSorted((a, b) => a.from - b.from);
    for (const [low, high] of missing) {
      let next = low;
      for (const hole of holes) {
        const [from, to] = [Math.max(hole.from, next), Math.min(hole.to, high)];
        if (from > to) continue;
        if (found.length >= limit) return found;
        found.push({ ...hole, from, to });
        next = to + 1;
      }
    }
    return found;
  }

  /** Whether nothing else is missing. `missing` is the whole of it. */
  explain(missing: readonly LineRange[]): boolean {
    const explained = this.within(missing, Number.POSITIVE_INFINITY);
    return countOf(explained.map(({ from, to }) => [from, to])) === countOf(missing);
  }

  #write(record: DiscardRecord): void {
    this.#sidecar.append(record);
  }
}

function countOf(ranges: readonly LineRange[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}
