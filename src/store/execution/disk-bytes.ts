import type { Facts } from "./facts.ts";

/** A file takes whole disk blocks. */
const BLOCK_BYTES = 4_096;
/** A row of the index without its texts: names and times in the tables and in their sixteen indexes. */
const INDEX_ROW_BYTES = 2_560;

/** Disk space of a file of this size. */
export function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Disk space of an execution's row. It holds the texts of BEGIN twice: in the summary, and for searches. */
export function indexBytesOf({ argv, job, labels }: Facts): number {
  return INDEX_ROW_BYTES + 2 * Buffer.byteLength(JSON.stringify([argv, job, labels]));
}
