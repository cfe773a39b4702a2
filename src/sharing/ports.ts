import type { Execution, ExecutionName, ExecutionPage, JobSummary } from "../wire/api.ts";
import type { Board } from "../wire/board.ts";
import type { ExecutionQuery, RunQuery } from "../wire/execution-query.ts";
import type { NodeSummary } from "../wire/node-summary.ts";
import type { RunLinesPage, RunLinesQuery } from "../wire/run-lines.ts";
import type { RunTimes } from "../wire/run-times.ts";
import type { RunPage } from "../wire/runs.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { StreamLooks } from "../wire/stream-looks.ts";
import type { StreamName } from "../wire/stream-name.ts";
import type { UserMismatch } from "../wire/user-mismatch.ts";
import type { Viewer } from "../wire/viewer.ts";

/** A run, as a request for its board names it. */
export interface RunToBoard {
  readonly job: string;
  readonly run: string;
  readonly owner: string | undefined;
}

/** The store's reading side, where everybody sees their own executions and administrators all. */
export interface OwnArchive<Lines, Open> {
  list(viewer: Viewer, query: ExecutionQuery): Promise<ExecutionPage>;
  get(viewer: Viewer, name: ExecutionName): Promise<Execution | undefined>;
  read(
    viewer: Viewer,
    at: ExecutionName & { from: number; maxLines: number; maxBytes: number },
  ): Promise<readonly Lines[]>;
  looks(viewer: Viewer, at: ExecutionName & { n: number }): Promise<StreamLooks | null | undefined>;
  open(viewer: Viewer, at: ExecutionName & { from: number }): Promise<Open | undefined>;
  raw(viewer: Viewer, what: ExecutionName & { stream?: StreamName }): AsyncIterable<Buffer>;
  remove(viewer: Viewer, name: ExecutionName): Promise<"removed" | "running" | "missing">;
  nodes(viewer: Viewer): Promise<readonly NodeSummary[]>;
  userMismatches(viewer: Viewer): Promise<readonly UserMismatch[]>;
  jobs(viewer: Viewer): Promise<readonly JobSummary[]>;
  runs(viewer: Viewer, query: RunQuery): Promise<RunPage>;
  board(viewer: Viewer, run: RunToBoard): Promise<Board | undefined>;
  runTimes(viewer: Viewer, run: RunToBoard): Promise<RunTimes | undefined>;
  runLines(viewer: Viewer, query: RunLinesQuery): Promise<RunLinesPage | undefined>;
}

export interface OwnSearch {
  run(viewer: Viewer, request: SearchRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The machine's users and groups. */
export interface ShareDirectory {
  /** Never a remembered answer. */
  uidOf(user: string): Promise<number | undefined | "unavailable">;
  gidOf(group: string): Promise<number | undefined | "unavailable">;
  /**
   * Whether the group still has this number and the user, by name and uid, is in it. False if that is unknown at the
   * moment.
   */
  isMember(viewer: Viewer, group: { readonly group: string; readonly gid: number }): Promise<boolean>;
  /** The uid whose executions are filed under an owner's id, if any are. */
  ownerUid(owner: string): number | undefined;
}
