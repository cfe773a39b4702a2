import type { Execution, ExecutionName, ExecutionPage } from "../wire/api.ts";
import type { ExecutionQuery } from "../wire/execution-query.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { LogPiece } from "./read-blocks.ts";

/** Stored lines of one execution, in files that stay open, whatever replaces them, until `close`. */
export interface OpenLines {
  /** In order of n, without lines stored later. */
  readonly pieces: readonly LogPiece[];
  /** Where to ask for more; undefined if that was all. */
  readonly next: number | undefined;
  /** When the files were last written, by this machine's clock. */
  readonly writtenAtMs: number;
  close(): void;
}

/**
 * The search's view of the store. Every request names its viewer; what that viewer may not see looks missing. Rejects
 * with SeveralOwnersError if an administrator must name the owner.
 */
export interface SearchedArchive {
  list(viewer: Viewer, query: ExecutionQuery): Promise<ExecutionPage>;
  get(viewer: Viewer, name: ExecutionName): Promise<Execution | undefined>;
  /**
   * Undefined if the execution is missing. Rejects with the file system's error. `listed`: the same execution, as `list`
   * returned it, which makes opening it cheaper.
   */
  open(
    viewer: Viewer,
    at: ExecutionName & { from: number; to?: number; listed?: Execution },
  ): Promise<OpenLines | undefined>;
}
