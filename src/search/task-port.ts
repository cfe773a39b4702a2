import type { SearchEvent } from "../wire/search-event.ts";
import type { ExecutionFacts } from "./findings.ts";
import type { NumberRange } from "./number-windows.ts";
import type { LogPiece } from "./read-blocks.ts";

/** Some of the lines of one execution, in order. */
export interface SearchedPieces {
  readonly execution: ExecutionFacts;
  readonly pieces: readonly LogPiece[];
  /** Only lines that begin in it are searched. */
  readonly range: NumberRange;
  /** Whether these are the first and the last pieces around this range. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Its files could not be opened. */
  readonly isUnreadable: boolean;
}

/** How a search ended. */
export type SearchEnd = Extract<SearchEvent, { t: "end" }>;

/** A search's link to the thread outside. */
export interface TaskPort {
  /** The next pieces; undefined after the last. The files of the ones before may be closed. */
  next(): Promise<SearchedPieces | undefined>;
  /** False: wait for `room` before more. */
  emit(event: SearchEvent): boolean;
  room(): Promise<void>;
}
