import { asCount, asRecord } from "./record.ts";

/** One of `GET /api/nodes`: what the viewer runs there, and how its relay does since the collector's start. */
export interface NodeSummary {
  readonly node: string;
  readonly executions: number;
  readonly running: number;
  /** Null: none of the viewer's executions has started there. */
  readonly lastStartedAt: string | null;
  /** Whether its relay is connected, and when it last sent anything. Omitted if it never did. */
  readonly isUp?: boolean;
  readonly seenAt?: string;
  /** How far its clock is behind the collector's; negative if it is ahead. Omitted if not known, as the following. */
  readonly behindMs?: number;
  /** How long its relay's last report was on its way. */
  readonly delayMs?: number;
  /** Frames that wait in the relay's queue. */
  readonly waiting?: number;
  /** Frames that the relay discarded, and connections of mlrun that the gate refused or ended, since they started. */
  readonly lost?: number;
  readonly refused?: number;
}

/** Parses the answer; skips nodes that this version does not understand. */
export function parseNodeList(value: unknown): readonly NodeSummary[] | undefined {
  const nodes = asRecord(value)?.["nodes"];
  return Array.isArray(nodes) ? nodes.flatMap((each: unknown) => parseNode(each) ?? []) : undefined;
}

const COUNTS = ["delayMs", "waiting", "lost", "refused"] as const;

function parseNode(value: unknown): NodeSummary | undefined {
  const record = asRecord(value) ?? {};
  const { node, lastStartedAt, isUp, seenAt, behindMs } = record;
  const [executions, running] = [asCount(record["executions"]), asCount(record["running"])];
  if (typeof node !== "string" || (typeof lastStartedAt !== "string" && lastStartedAt !== null)) return undefined;
  if (executions === undefined || running === undefined) return undefined;
  const counts = COUNTS.flatMap((name) => {
    const count = asCount(record[name]);
    return count === undefined ? [] : [[name, count] as const];
  });
  return {
    ...{ node, executions, running, lastStartedAt },
    ...(typeof isUp === "boolean" ? { isUp } : {}),
    ...(typeof seenAt === "string" ? { seenAt } : {}),
    ...(typeof behindMs === "number" ? { behindMs } : {}),
    ...Object.fromEntries(counts),
  };
}
