import { asCount, asRecord } from "./record.ts";

/**
 * The limits that keep lines from being stored. Each is `<reason>-per-user` in collector.toml; `quarantine` is a node's
 * space for lines whose BEGIN has not arrived.
 */
const REASONS = [
  "lines-per-second",
  "bytes-per-second",
  "bytes-on-disk",
  "running-executions",
  "executions-per-minute",
  "quarantine",
] as const;
export type DiscardReason = (typeof REASONS)[number];

/** Lines `from` to `to` arrived and were not stored, because their user was over this limit. */
export interface Discard {
  readonly from: number;
  readonly to: number;
  readonly reason: DiscardReason;
  /** The limit's value, in the unit of its name. */
  readonly limit: number;
}

/**
 * A user's recent executions that could not begin because the user was over this limit: none of their lines are stored.
 */
export interface RefusedExecutions {
  readonly executions: number;
  readonly reason: DiscardReason;
  readonly limit: number;
}

export function parseRefusedExecutions(value: unknown): RefusedExecutions | undefined {
  const record = asRecord(value);
  const [executions, limit] = [asCount(record?.["executions"], 1), asCount(record?.["limit"])];
  const reason = REASONS.find((known) => known === record?.["reason"]);
  if (executions === undefined || limit === undefined || reason === undefined) return undefined;
  return { executions, reason, limit };
}

/** Parses a list of discards from the wire; an absent list is empty. */
export function parseDiscards(value: unknown): Discard[] | undefined {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return undefined;
  const discards: Discard[] = [];
  for (const entry of value) {
    const record = asRecord(entry);
    const [from, to] = [asCount(record?.["from"], 1), asCount(record?.["to"], 1)];
    const limit = asCount(record?.["limit"]);
    const reason = REASONS.find((known) => known === record?.["reason"]);
    if (from === undefined || to === undefined || limit === undefined || reason === undefined || to < from)
      return undefined;
    discards.push({ from, to, reason, limit });
  }
  return discards;
}
