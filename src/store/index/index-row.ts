import { type Execution, type ExecutionState, parseState } from "../../wire/api.ts";
import { asCount, asRecord } from "../../wire/record.ts";
import type { ParsedSummaries } from "./parsed-summaries.ts";

/** Where an execution's files are, and their content when the row was written. */
export interface IndexRow {
  readonly node: string;
  readonly x: string;
  readonly keyHash: string;
  readonly base: string;
  readonly execution: Execution;
  /** Whether its run is known. Earlier versions did not store it; then a reindex decides. */
  readonly hasRun: boolean;
  /** When it ended or was last heard of; undefined while it is running. */
  readonly overAt: string | undefined;
  /** The files may be ahead of this row. */
  readonly isOpen: boolean;
  /** Disk space of the files, charged to the owner. */
  readonly diskBytes: number;
  /** Since when its log can be sealed; undefined if it cannot. */
  readonly sealableSinceMs?: number | undefined;
}

/** A row's facts about an execution's files, without their content. */
interface RowFiles extends Pick<IndexRow, "base" | "isOpen" | "diskBytes"> {
  readonly owner: string;
  readonly state: ExecutionState;
}

/** Columns that `parseFiles` reads. */
export const FILE_COLUMNS = "base, owner, state, open, disk_bytes";

/** Parses these columns from SQLite, without the summary: a page of a run looks up a thousand rows. */
export function parseFiles(value: unknown): RowFiles | undefined {
  const { base, owner, state: name, open, disk_bytes: diskBytes } = asRecord(value) ?? {};
  const state = parseState(name);
  if (typeof base !== "string" || typeof owner !== "string" || state === undefined) return undefined;
  return typeof diskBytes === "number" ? { base, owner, state, isOpen: open === 1, diskBytes } : undefined;
}

/** A row read from the database, with the length of its summary's text. */
interface ReadRow extends IndexRow {
  readonly summaryBytes: number;
}

/** Parses a row from SQLite. */
export function parseRow(value: unknown, summaries: ParsedSummaries): ReadRow | undefined {
  const row = asRecord(value);
  if (row === undefined) return undefined;
  const { node, x, key_hash: keyHash, base, summary, disk_bytes: diskBytes, over_at: overAt } = row;
  if (typeof node !== "string" || typeof x !== "string" || typeof keyHash !== "string") return undefined;
  if (typeof base !== "string" || typeof summary !== "string" || typeof diskBytes !== "number") return undefined;
  if (typeof overAt !== "string") return undefined;
  const sealableSinceMs = asCount(row["sealable_since"]);
  const execution = summaries.parse(summary);
  if (execution === undefined) return undefined;
  const hasRun = row["run"] !== "";
  const files = { base, isOpen: row["open"] === 1, diskBytes, sealableSinceMs, summaryBytes: summary.length };
  return { node, x, keyHash, execution, hasRun, overAt: overAt === "" ? undefined : overAt, ...files };
}
