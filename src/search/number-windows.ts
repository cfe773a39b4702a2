import type { Execution } from "../wire/api.ts";
import { CRI } from "../wire/cri.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import { type EpochSizes, SEARCH_LIMITS } from "./limits.ts";

/** Line numbers, both ends included. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** A part of an execution: lines of `range`, by the number of their first piece, are searched. */
interface NumberWindow {
  readonly range: NumberRange;
  /** The lines to read: includes lines around, which may hold other pieces of lines at the edges. */
  readonly read: NumberRange;
}

const ALL: NumberRange = { from: 1, to: Number.MAX_SAFE_INTEGER };

/**
 * The parts of one execution in the order in which a search reads them: one of all its lines, or, for previous hits,
 * windows that grow towards its beginning.
 */
export class NumberWindows {
  /** Lines to read around a window, which may hold pieces of a line at its edge. */
  readonly #around: number;
  readonly #isBackward: boolean;
  #range: NumberRange | undefined;
  #lines: number;
  #wantedBytes: number;

  constructor({ lines, bytes, lastN }: Execution, { from, direction }: SearchRequest, sizes: Partial<EpochSizes>) {
    const { firstEpochBytes, maxLineBytes } = { ...SEARCH_LIMITS, ...sizes };
    this.#wantedBytes = firstEpochBytes;
    const lineBytes = Math.ceil(bytes / Math.max(1, lines)) + CRI.prefixCharacters + 1;
    this.#around = from === undefined ? 0 : Math.ceil(maxLineBytes / lineBytes);
    this.#lines = Math.ceil(this.#wantedBytes / lineBytes);
    this.#isBackward = from !== undefined && direction === "previous";
    if (from === undefined) this.#range = ALL;
    else if (this.#isBackward) this.#range = this.#before(Math.min(from, lastN) + 1);
    else this.#range = { from, to: ALL.to };
  }

  /** Undefined after the last. */
  get window(): NumberWindow | undefined {
    const range = this.#range;
    if (range === undefined) return undefined;
    const read = {
      from: Math.max(1, range.from - this.#around),
      to: Math.min(ALL.to, range.to + this.#around),
    };
    return { range, read };
  }

  /** Goes on to the next window. @param bytes The size of this one: far below its target if numbers are missing. */
  next(bytes: number): void {
    const range = this.#range;
    if (!this.#isBackward || range === undefined) {
      this.#range = undefined;
      return;
    }
    const { maxEpochBytes, epochGrowth } = SEARCH_LIMITS;
    this.#wantedBytes = Math.min(maxEpochBytes, this.#wantedBytes * epochGrowth);
    if (bytes < this.#wantedBytes) this.#lines *= epochGrowth;
    this.#range = this.#before(range.from);
  }

  #before(n: number): NumberRange | undefined {
    return n <= 1 ? undefined : { from: Math.max(1, n - this.#lines), to: n - 1 };
  }
}
