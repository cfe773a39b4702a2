import { formatDuration } from "../../text/time/duration.ts";
import type { FleetNode } from "../../wire/fleet/node-view.ts";
import type { NodeSummary } from "../../wire/node-summary.ts";
import { formatBytes } from "../remote/byte-text.ts";
import { localTime } from "../remote/moments.ts";
import type { Column } from "../remote/table.ts";

/** A node: the viewer's executions there and its relay, and where it belongs to the fleet, what its agent reports. */
export interface NodeRow extends NodeSummary {
  readonly fleet?: FleetNode;
}

interface ShownColumns {
  readonly nowMs: number;
  readonly isForPerson: boolean;
  /** Whether the collector has a fleet. */
  readonly hasFleet: boolean;
  /** Also how relays do. */
  readonly isAll: boolean;
}

const NODE: Column<NodeRow> = { title: "NODE", cell: ({ node }) => node };
const RELAY: Column<NodeRow> = {
  title: "RELAY",
  cell: ({ isUp }) => (isUp === undefined ? "-" : isUp ? "up" : "down"),
  look: ({ isUp }) => (isUp === undefined ? undefined : isUp ? "32" : "31"),
};
const CLOCK = "CLOCK";
const RELAY_COLUMNS: readonly Column<NodeRow>[] = [
  { title: "DELAY", cell: ({ delayMs }) => (delayMs === undefined ? "-" : `${delayMs} ms`), isRight: true },
  { title: "WAITING", cell: ({ waiting = "-" }) => String(waiting), isRight: true },
  { title: "LOST", cell: ({ lost = "-" }) => String(lost), isRight: true },
  { title: "REFUSED", cell: ({ refused = "-" }) => String(refused), isRight: true },
  { title: CLOCK, cell: ({ behindMs }) => (behindMs === undefined ? "-" : `${-behindMs} ms`), isRight: true },
];
const LOOKS: Readonly<Record<FleetNode["state"], string>> = {
  present: "32",
  absent: "31",
  duplicate: "33",
  outdated: "33",
};

/** What a node's agent reports. */
function agentColumns(isForPerson: boolean): readonly Column<NodeRow>[] {
  const bytes = (count: number) => (isForPerson ? formatBytes(count) : String(count));
  return [
    {
      title: "STATE",
      cell: ({ fleet }) => fleet?.state ?? "-",
      look: ({ fleet }) => (fleet === undefined ? undefined : LOOKS[fleet.state]),
    },
    { title: "AGENT", cell: ({ fleet }) => fleet?.agent ?? "-" },
    { title: "LOAD", cell: ({ fleet }) => fleet?.load?.toFixed(2) ?? "-", isRight: true },
    { title: "FREE", cell: ({ fleet }) => known(fleet?.memoryFreeBytes, bytes), isRight: true },
    { title: "MEMORY", cell: ({ fleet }) => known(fleet?.memoryBytes, bytes), isRight: true },
    { title: "COMMANDS", cell: ({ fleet }) => known(fleet?.running, String), isRight: true },
    { title: CLOCK, cell: ({ fleet }) => known(fleet?.clockMs, (ms) => `${Math.round(ms)} ms`), isRight: true },
  ];
}

const KERNEL: Column<NodeRow> = { title: "KERNEL", cell: ({ fleet }) => fleet?.kernel ?? "-" };

/** A program finds each field in its place, with a fleet or without: what agents report comes behind the others. */
export function nodeColumns({ nowMs, isForPerson, hasFleet, isAll }: ShownColumns): readonly Column<NodeRow>[] {
  const seen: Column<NodeRow> = { title: "SEEN", cell: (row) => seenOf(row, isForPerson ? nowMs : undefined) };
  const own: readonly Column<NodeRow>[] = [
    { title: "RUNNING", cell: ({ running }) => String(running), isRight: true },
    { title: "EXECUTIONS", cell: ({ executions }) => String(executions), isRight: true },
  ];
  const lastStart: Column<NodeRow> = {
    title: "LAST START",
    cell: ({ lastStartedAt: at }) => (at === null ? "-" : isForPerson ? localTime(at) : at),
    isWhole: true,
  };
  const relays = isAll ? RELAY_COLUMNS : [];
  if (!hasFleet) return [NODE, RELAY, seen, ...own, ...relays, lastStart];
  const agents = agentColumns(isForPerson);
  if (!isForPerson) return [NODE, RELAY, seen, ...own, ...relays, lastStart, ...agents, KERNEL];
  // The agent's clock is the node's.
  const others = relays.filter(({ title }) => title !== CLOCK);
  return [NODE, ...agents, RELAY, seen, ...(isAll ? own : []), ...others, KERNEL];
}

/** When relay or agent were heard of last. @param nowMs undefined: as a time, for a program */
function seenOf({ seenAt, fleet }: NodeRow, nowMs: number | undefined): string {
  const relayMs = seenAt === undefined ? 0 : Date.parse(seenAt);
  const lastMs = Math.max(relayMs, fleet?.seenMs ?? 0);
  if (lastMs === 0) return "-";
  if (nowMs !== undefined) return `${formatDuration(Math.max(0, nowMs - lastMs))} ago`;
  return lastMs === relayMs && seenAt !== undefined ? seenAt : new Date(lastMs).toISOString();
}

function known(value: number | null | undefined, shown: (value: number) => string): string {
  return value === null || value === undefined ? "-" : shown(value);
}
