/** Names an execution and its files in the store. */
interface StoredName {
  readonly node: string;
  readonly x: string;
  readonly keyHash: string;
  readonly owner: string;
  readonly base: string;
  readonly diskBytes: number;
}

/** An execution as the index has it, without its texts. */
export interface StoredRow extends StoredName {
  readonly job: string;
  readonly run: string;
  readonly startedAt: string;
  /** When it ended or was last heard of; empty while it is running. */
  readonly overAt: string;
  /** 1: more lines may come. */
  readonly isOpen: 0 | 1;
}

/** A place between two rows, in the order of their starts. */
export type RowPlace = Pick<StoredRow, "startedAt" | "x" | "node" | "owner">;

/** `used`: somebody reads or rewrites its files. An Error is the file system's. */
type Gone = "removed" | "running" | "used" | "missing" | Error;

/** Keeping's view of the store. */
export interface KeptStore {
  /** Executions from the oldest start on, after a place: of one owner, or of everybody. */
  oldest(after: RowPlace | undefined, limit: number, owner?: string): readonly StoredRow[];
  owners(): readonly { readonly owner: string; readonly executions: number; readonly bytes: number }[];
  /** Whether a run is among the newest of its owner's job. */
  isOfNewestRuns(of: { readonly owner: string; readonly job: string; readonly run: string }, newest: number): boolean;
  /** Brings rows of one owner, or all, up to date. */
  settle(owner: string | undefined): Promise<void>;
  /** Deletes executions that nobody uses. Rejects with the file system's error. */
  removeUnused(batch: readonly StoredName[]): Promise<readonly Gone[]>;
  /** The disk that holds the files; undefined if it cannot be asked. */
  disk(): { readonly freeBytes: number; readonly totalBytes: number } | undefined;
  /** While there is a reason, nothing more is stored, and relays wait. Undefined: store again. */
  holdBack(reason: string | undefined): void;
}
