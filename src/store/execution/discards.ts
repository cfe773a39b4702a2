import type { LineRange } from "../../wire/api.ts";
import { type Discard, parseDiscards } from "../../wire/discard.ts";
import type { OverLimit } from "../owner/owner-account.ts";
import type { AnyRecord, Sidecar } from "./sidecar.ts";

/** Holes kept per execution; beyond that, all its holes are attributed to the last reason. */
const MAX_HOLES = 64;
/** Numbers of discarded lines; 0: none. */
export interface LostLines {
  readonly firstN: number;
  readonly lastN: number;
  /** The execution's number of lines, from its END. */
  readonly endN: number;
}

/** End of an open hole, or of one whose end was not written. */
const UNKNOWN = Number.MAX_SAFE_INTEGER;

/** A discard in the sidecar: first without its end, and again when it is over. */
interface DiscardRecord extends OverLimit {
  readonly t: "discard";
  readonly from: number;
  readonly to?: number;
}

/**
 * The lines of one execution that a limit kept from being stored: holes of numbers, in order of arrival. A number
 * inside a hole that is stored after all does not count.
 *
 * The sidecar gets one record when a hole begins, before any of its lines are acknowledged, and one when it ends: a
 * flood costs few records, and after a kill the start of the hole is known. Throws file system errors, and then has
 * changed nothing.
 */
export class Discards {
  readonly #sidecar: Sidecar;
  readonly #holes: Discard[] = [];
  /** Whether the last hole is still open. */
  #isOpen = false;

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
  }

  get isEmpty(): boolean {
    return this.#holes.length === 0;
  }

  /** The highest number known to be discarded. */
  get last(): number {
    return this.#holes.reduce((last, { to }) => (to === UNKNOWN ? last : Math.max(last, to)), 0);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Adds lines that are not stored. */
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
    // A known end stays: storing one line inside does not bring the others back.
    const to = last.to === UNKNOWN && nextN > last.from ? nextN - 1 : last.to;
    if (to >= UNKNOWN - 1) return;
    this.#write({ t: "discard", ...last, to });
    this.#holes[this.#holes.length - 1] = { ...last, to };
    this.#isOpen = false;
  }

  /** Restores a record. One that starts where the last did closes it. */
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

  /** The discarded part of the missing ranges, in order; at most `limit` of them. */
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

  /** Whether discards explain everything missing. `missing` must be complete. */
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
