import type { Audit } from "../host/audit.ts";
import type { AuditEvent } from "../host/audit-event.ts";
import type { KeptStore, StoredRow } from "./ports.ts";

/**
 * Executions deleted together: one sync for their tombstones, which waits for all that others have just written to the
 * disk.
 */
export const BATCH = 1_024;
/** Most ids in one record of the audit. */
const IDS_A_RECORD = 100;

/** Who deletes and why, and further fields for the audit. */
type Cause = Pick<AuditEvent, "event" | "user" | "address"> & { readonly reason: string };

export interface Tally {
  executions: number;
  bytes: number;
  /** Running, or used by somebody. */
  busy: number;
  failed: number;
}

/** Deletes executions in batches, and records each batch in the audit with all its ids. */
export class Removals {
  readonly #store: KeptStore;
  readonly #audit: Audit;

  constructor(store: KeptStore, audit: Audit) {
    this.#store = store;
    this.#audit = audit;
  }

  /** Returns the rows that stay. Rejects with the file system's error; then all stay. */
  async remove(batch: readonly { readonly row: StoredRow; readonly cause: Cause }[], tally: Tally) {
    const gone = await this.#store.removeUnused(batch.map(({ row }) => row));
    const byCause = new Map<string, { cause: Cause; rows: StoredRow[] }>();
    const stays: StoredRow[] = [];
    for (const [i, { row, cause }] of batch.entries()) {
      const result = gone[i];
      if (result === "removed") {
        const name = JSON.stringify([row.owner, cause.reason]);
        const group = byCause.get(name) ?? { cause, rows: [] };
        byCause.set(name, group);
        group.rows.push(row);
        tally.executions += 1;
        tally.bytes += row.diskBytes;
      } else if (result !== "missing") {
        stays.push(row);
        if (result instanceof Error) tally.failed += 1;
        else tally.busy += 1;
      }
    }
    for (const { cause, rows } of byCause.values()) this.#record(cause, rows);
    return stays;
  }

  #record(cause: Cause, rows: readonly StoredRow[]): void {
    for (let at = 0; at < rows.length; at += IDS_A_RECORD) {
      const part = rows.slice(at, at + IDS_A_RECORD);
      const bytes = part.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
      const executions = part.map(({ node, x }) => `${node}/${x}`);
      this.#audit.record({ ...cause, outcome: "ok", owner: part[0]?.owner, count: part.length, bytes, executions });
    }
  }
}
