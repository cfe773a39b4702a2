import type { Execution, ExecutionName, ExecutionPage } from "../wire/api.ts";

/** Consecutive lines: `count` CRI lines, each ended by LF, the first with number `firstN`. See src/frame/chunk.ts. */
export interface Lines {
  readonly firstN: number;
  readonly count: number;
  readonly cri: Buffer;
}

/** Who watches. */
export interface Viewer {
  readonly user: string;
  readonly uid: number;
  readonly admin: boolean;
}

/**
 * What live reads of the store. A foreign execution answers like a missing one. Rejects with SeveralOwnersError where
 * an administrator has to say whose.
 */
export interface History {
  list(
    viewer: Viewer,
    query: { owner?: string | undefined; job?: string | undefined; before?: string | undefined; limit: number },
  ): Promise<ExecutionPage>;
  /** Its `lastN` covers every line published before the answer was made. */
  get(viewer: Viewer, name: ExecutionName): Promise<Execution | undefined>;
  /**
   * Consecutive stored lines in order of n from the first stored n >= `from`; several chunks where lines are missing
   * between them, none when nothing is stored from there. It never gives a line that is not published yet.
   */
  read(
    viewer: Viewer,
    at: ExecutionName & { from: number; maxLines: number; maxBytes: number },
  ): Promise<readonly Lines[]>;
}

/** Whose lines, and where from. */
export interface Source {
  readonly owner: string;
  readonly job: string;
  readonly x: string;
  readonly node: string;
}

/** Takes chunks in the turn of the event loop that stored them. Never blocks, never throws. */
export interface Hub {
  /**
   * Lines that were just stored. Each line once; mostly in order of n, late ones may come after higher ones. Their
   * bytes are lent for the length of the call.
   */
  publish(source: Source, lines: Lines): void;
  /** Its summary changed. The summary is built only when somebody watches. */
  changed(source: Source & { summary(): Execution }): void;
}
