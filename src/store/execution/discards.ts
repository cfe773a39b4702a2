import type { LineRange } from "../../wire/api.ts";
import { type Discard, parseDiscards } from "../../wire/discard.ts";
import type { Refusal } from "../owner/owner-account.ts";
import type { AnyRecord, Sidecar } from "./sidecar.ts";

/** Stretches kept for an execution; with more, all its holes are laid to the last reason. */
const MAX_STRETCHES = 64;
/** The end of a stretch that goes on, or whose end nobody wrote down. */
const UNKNOWN = Number.MAX_SAFE_INTEGER;

/** A discard as the sidecar has it: without its end when it begins, and once more when it is over. */
interface DiscardRecord extends Refusal {
  readonly t: "discard";
  readonly from: number;
  readonly to?: number;
}

/**
 * Which lines of one execution were not stored because of a limit: stretches of numbers, in the order of their coming.
 * A number inside that is stored nevertheless does not count.
 *
 * The sidecar has a record when a stretch begins, before anything of it is acknowledged, and one when it ends: a flood
 * is a few records, and a collector killed in between knows where the hole began. Throws what the file system throws,
 * and has changed nothing then.
 */
export class Discards {
  readonly #sidecar: Sidecar;
  readonly #stretches: Discard[] = [];
  /** Whether the last one goes on. */
  #isOpen = false;

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
  }

  get isEmpty(): boolean {
    return this.#stretches.length === 0;
  }

  /** The highest number that is known to be thrown away. */
  get last(): number {
    return this.#stretches.reduce((last, { to }) => (to === UNKNOWN ? last : Math.max(last, to)), 0);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Takes lines that are not stored. */
  add(from: number, to: number, { reason, limit }: Refusal): void {
    const last = this.#stretches[this.#stretches.length - 1];
    const goesOn = last !== undefined && this.#isOpen && last.reason === reason;
    if (goesOn && from >= last.from && from <= last.to + 1) {
      if (to > last.to) this.#stretches[this.#stretches.length - 1] = { ...last, to };
      return;
    }
    if (this.#stretches.some((known) => known.from <= from && to <= known.to)) return;
    this.close(UNKNOWN);
    const isLast = this.#stretches.length >= MAX_STRETCHES - 1;
    const begins = isLast ? 1 : from;
    this.#write({ t: "discard", from: begins, reason, limit });
    this.#stretches.push({ from: begins, to: isLast ? UNKNOWN : to, reason, limit });
    this.#isOpen = !isLast;
  }

  /** The stretch is over: line `nextN` is stored, or is the first one that will never be. */
  close(nextN: number): void {
    const last = this.#stretches[this.#stretches.length - 1];
    if (last === undefined || !this.#isOpen) return;
    // Where the end is known it stays: one line inside that is stored after all does not give the others back.
    const to = last.to === UNKNOWN && nextN > last.from ? nextN - 1 : last.to;
    if (to >= UNKNOWN - 1) return;
    this.#write({ t: "discard", ...last, to });
    this.#stretches[this.#stretches.length - 1] = { ...last, to };
    this.#isOpen = false;
  }

  /** Takes a record as read back. One that begins where the last does is that one's end. */
  restore(record: AnyRecord): void {
    if (record.t !== "discard") return;
    const [read] = parseDiscards([{ to: UNKNOWN, ...record.members }]) ?? [];
    if (read === undefined) return;
    const last = this.#stretches[this.#stretches.length - 1];
    if (last?.from === read.from && last.reason === read.reason) this.#stretches.pop();
    if (this.#stretches.length >= MAX_STRETCHES) return;
    this.#stretches.push(read);
    this.#isOpen = read.to === UNKNOWN && this.#stretches.length < MAX_STRETCHES;
  }

  /** Of the missing ranges, what was discarded: in order, at most `limit` of them. */
  within(missing: readonly LineRange[], limit: number): Discard[] {
    if (this.isEmpty) return [];
    const found: Discard[] = [];
    const stretches = this.#stretches.toSorted((a, b) => a.from - b.from);
    for (const [low, high] of missing) {
      let next = low;
      for (const stretch of stretches) {
        const [from, to] = [Math.max(stretch.from, next), Math.min(stretch.to, high)];
        if (from > to) continue;
        if (found.length >= limit) return found;
        found.push({ ...stretch, from, to });
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
