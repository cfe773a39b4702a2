import type { Execution, ExecutionName, ExecutionPage } from "../wire/api.ts";
import type { ExecutionQuery } from "../wire/execution-query.ts";
import type { Seen, Viewer } from "../wire/viewer.ts";

/** Consecutive lines: `count` CRI lines, each ended by LF, the first with number `firstN`. See src/frame/chunk.ts. */
export interface Lines {
  readonly firstN: number;
  readonly count: number;
  readonly cri: Buffer;
}

/**
 * Live's view of the store. A foreign execution gets the same answer as a missing one. Rejects with SeveralOwnersError
 * if an administrator must name the owner.
 */
export interface History {
  /** What the viewer sees, in parts that do not overlap; by default their own executions, for administrators all. */
  seenBy?(viewer: Viewer): Promise<readonly Seen[]>;
  list(viewer: Viewer, query: ExecutionQuery): Promise<ExecutionPage>;
  /** Its `lastN` covers every line published before the answer was made. */
  get(viewer: Viewer, name: ExecutionName): Promise<Execution | undefined>;
  /**
   * Consecutive stored lines in order of n from the first stored n >= `from`; several chunks if lines are missing
   * between them, none if nothing is stored from there. Never returns a line before it is published.
   */
  read(
    viewer: Viewer,
    at: ExecutionName & { from: number; maxLines: number; maxBytes: number },
  ): Promise<readonly Lines[]>;
}

/** The execution that lines belong to. */
export interface Source {
  readonly owner: string;
  readonly job: string;
  readonly run: string;
  readonly x: string;
  readonly node: string;
}

/** Takes chunks in the turn of the event loop that stored them. Never blocks, never throws. */
export interface Hub {
  /**
   * Publishes lines that were just stored. Each line once; mostly in order of n, but late ones may come after higher
   * ones. Their bytes are valid only during the call.
   */
  publish(source: Source, lines: Lines): void;
  /** Announces that the execution's summary changed. It is built only if somebody watches. */
  changed(source: Source & { summary(): Execution }): void;
}
