import { asCount, asRecord, parseJson } from "../wire/record.ts";

/** What a gate says of itself, in a RELAY frame: numbers since its start, but for `connections`, which is now. */
export interface GateStatus {
  readonly connections: number;
  /** Connections refused because a user, or all together, had as many as may be. */
  readonly refused: number;
  /** Connections ended because what was written had no right to pass, or came only by half. */
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
