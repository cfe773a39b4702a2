import { compareNatural } from "../../text/nodes/natural-order.ts";
import { formatDuration } from "../../text/time/duration.ts";
import { type NodeSummary, parseNodeList } from "../../wire/node-summary.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { localTime } from "../remote/moments.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { type Column, printTable } from "../remote/table.ts";
import { onNodes } from "./merged-target.ts";
import { printNodeEvents } from "./node-events.ts";

export const NODES: CommandDescription = {
  name: "nodes",
  summary: "nodes on which you have run something",
  operands: "[NODES]",
  operandCount: [0, 1],
  about: `Lists the nodes of your executions: whether a node's relay is connected (up, down, or - if it was not since the collector's
start), when it last sent anything, how many executions run and are stored, and the last start.
--all adds how its relay does: the delay of its last report, frames that wait, frames lost and connections refused since its start,
and by how much its clock is ahead. NODES narrows it:
gpu[01-16,20]. For programs: the same fields separated by tabs, times in UTC.
--events lists what nodes of a fleet have reported instead, newest first: your \`mlctl event\`s; for administrators those of all,
and the errors of nodes.`,
  isPaged: () => true,
  options: {
    all: { help: "also nodes on which you have run nothing, if their relay was heard of" },
    events: { help: "what nodes have reported: errors, and `mlctl event`" },
    json: { help: "one JSON object a line, as the API has them" },
  },
};

/** `mlctl nodes`. */
export function nodesCommand(settings: RemoteSettings): Command {
  return describedCommand(NODES, async (options, io) => {
    const isWanted = onNodes(options.operands[0]);
    if (options.has("events"))
      return printNodeEvents(signedIn(settings), { options, output: new Output(io), isWanted });
    const all = await signedIn(settings).json(
      { path: "/nodes", query: { all: options.has("all") ? "1" : undefined } },
      parseNodeList,
    );
    const nodes = all.filter(isWanted).sort((a, b) => compareNatural(a.node, b.node));
    const output = new Output(io);
    if (options.has("json")) for (const node of nodes) await output.json(node);
    else
      await printTable(output, {
        rows: nodes,
        columns: columnsOf(output, { nowMs: settings.nowMs(), isAll: options.has("all") }),
        none: "you have run nothing on any node; --all lists those whose relay was heard of",
      });
    return 0;
  });
}

const RELAY_COLUMNS: readonly Column<NodeSummary>[] = [
  { title: "DELAY", cell: ({ delayMs }) => (delayMs === undefined ? "-" : `${delayMs} ms`), isRight: true },
  { title: "WAITING", cell: ({ waiting = "-" }) => String(waiting), isRight: true },
  { title: "LOST", cell: ({ lost = "-" }) => String(lost), isRight: true },
  { title: "REFUSED", cell: ({ refused = "-" }) => String(refused), isRight: true },
  { title: "CLOCK", cell: ({ behindMs }) => (behindMs === undefined ? "-" : `${-behindMs} ms`), isRight: true },
];

function columnsOf(
  output: Output,
  { nowMs, isAll }: { readonly nowMs: number; readonly isAll: boolean },
): Column<NodeSummary>[] {
  const seen = (time: string | undefined): string => {
    if (time === undefined) return "-";
    return output.isTerminal ? `${formatDuration(Math.max(0, nowMs - Date.parse(time)))} ago` : time;
  };
  return [
    { title: "NODE", cell: ({ node }) => node },
    { title: "RELAY", cell: relayOf, look: ({ isUp }) => (isUp === undefined ? undefined : isUp ? "32" : "31") },
    { title: "SEEN", cell: ({ seenAt }) => seen(seenAt) },
    { title: "RUNNING", cell: ({ running }) => String(running), isRight: true },
    { title: "EXECUTIONS", cell: ({ executions }) => String(executions), isRight: true },
    ...(isAll ? RELAY_COLUMNS : []),
    {
      title: "LAST START",
      cell: ({ lastStartedAt: at }) => (at === null ? "-" : output.isTerminal ? localTime(at) : at),
    },
  ];
}

function relayOf({ isUp }: NodeSummary): string {
  return isUp === undefined ? "-" : isUp ? "up" : "down";
}
