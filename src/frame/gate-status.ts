import { asCount, asRecord, parseJson } from "../wire/record.ts";

/** A gate's report on itself, in a RELAY frame: totals since its start, except `connections`, which is now. */
export interface GateStatus {
  readonly connections: number;
  /** Connections refused because a user, or all users together, had reached the limit. */
  readonly refused: number;
  /** Connections ended because their data was not allowed to pass, or arrived only in part. */
  readonly ended: number;
  /** BEGINs and reads that had to wait: for their user's share, or for its turn. */
  readonly waits: number;
}

/** Parses the text of a RELAY frame, as `mlgate` writes it. */
export function parseGateStatus(text: string): GateStatus | undefined {
  const record = asRecord(parseJson(text));
  if (record?.["name"] !== "marcologger-gate") return undefined;
  const connections = asCount(record["connections"]);
  const refused = asCount(record["refused"]);
  const ended = asCount(record["ended"]);
  const waits = asCount(record["waits"]);
  if (connections === undefined || refused === undefined || ended === undefined || waits === undefined)
    return undefined;
  return { connections, refused, ended, waits };
}
