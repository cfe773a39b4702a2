import { type Execution, parseExecution } from "../../wire/api.ts";
import { asRecord, parseJson } from "../../wire/record.ts";

/** Where an execution's files are and what they said when the row was written. */
export interface IndexRow {
  readonly node: string;
  readonly x: string;
  readonly keyHash: string;
  readonly base: string;
  readonly execution: Execution;
  /** The files may say more than this row. */
  readonly isOpen: boolean;
  /** What the files take of the owner's disk space. */
  readonly diskBytes: number;
}

/** A row that was read, and how long the text of its summary is. */
export interface ReadRow extends IndexRow {
  readonly summaryBytes: number;
}

/** A row as SQLite gives it. */
export function parseRow(value: unknown): ReadRow | undefined {
  const row = asRecord(value);
  if (row === undefined) return undefined;
  const { node, x, key_hash: keyHash, base, summary, disk_bytes: diskBytes } = row;
  if (typeof node !== "string" || typeof x !== "string" || typeof keyHash !== "string") return undefined;
  if (typeof base !== "string" || typeof summary !== "string" || typeof diskBytes !== "number") return undefined;
  const execution = parseExecution(parseJson(summary));
  if (execution === undefined) return undefined;
  return { node, x, keyHash, base, execution, isOpen: row["open"] === 1, diskBytes, summaryBytes: summary.length };
}
