import type { ExecutionState } from "../../../src/wire/api.ts";
import type { Thing } from "../actions/thing.ts";

/** Events that a user wants to be notified of. */
export interface Wish {
  readonly thing: Thing;
  readonly end: boolean;
  readonly failure: boolean;
  readonly silence: boolean;
  /** A text in a line, ignoring case; empty: none. */
  readonly match: string;
}

export interface Notice {
  /** The state first, as in the tab's title. */
  readonly title: string;
  readonly body: string;
  readonly state: ExecutionState;
}
