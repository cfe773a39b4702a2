import { compareNatural } from "../../text/nodes/natural-order.ts";
import { formatDuration } from "../../text/time/duration.ts";
import type { NodeSummary } from "../../wire/api.ts";
import { asCount, asRecord } from "../../wire/record.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { localTime } from "../remote/moments.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { type Column, printTable } from "../remote/table.ts";
import { onNodes } from "./merged-target.ts";

export const NODES: CommandDescription = {
  name: "nodes",
  summary: "nodes on which you have run something",
  operands: "[NODES]",
  operandCount: [0, 1],
  about: `Lists the nodes of your executions: whether a node's relay is connected (up, down, or - if it was not since the collector's
start), when it last sent anything, how many executions run and are stored, and the last start. NODES narrows it:
gpu[01-16,20]. For programs: the same fields separated by tabs, times in UTC.`,
  isPaged: () => true,
  options: { json: { help: "one JSON object a line, as the API has them" } },
};

/** `mlctl nodes`. */
export function nodesCommand(settings: RemoteSettings): Command {
  return describedCommand(NODES, async (options, io) => {
    const isWanted = onNodes(options.operands[0]);
    const all = await signedIn(settings).json({ path: "/nodes" }, parseNodes);
    const nodes = all.filter(isWanted).sort((a, b) => compareNatural(a.node, b.node));
    const output = new Output(io);
    if (options.has("json")) for (const node of nodes) await output.json(node);
    else await printTable(output, nodes, columnsOf(output, settings.nowMs()));
    return 0;
  });
}

function columnsOf(output: Output, nowMs: number): Column<NodeSummary>[] {
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
    { title: "LAST START", cell: ({ lastStartedAt: at }) => (output.isTerminal ? localTime(at) : at) },
  ];
}

function relayOf({ isUp }: NodeSummary): string {
  return isUp === undefined ? "-" : isUp ? "up" : "down";
}

/** Skips nodes that this version does not understand. */
function parseNodes(value: unknown): NodeSummary[] | undefined {
  const nodes = asRecord(value)?.["nodes"];
  return Array.isArray(nodes) ? nodes.flatMap((each: unknown) => parseNode(each) ?? []) : undefined;
}

function parseNode(value: unknown): NodeSummary | undefined {
  const { node, executions: all, running: now, lastStartedAt, isUp, seenAt } = asRecord(value) ?? {};
  const [executions, running] = [asCount(all), asCount(now)];
  if (typeof node !== "string" || typeof lastStartedAt !== "string") return undefined;
  if (executions === undefined || running === undefined) return undefined;
  return {
    ...{ node, executions, running, lastStartedAt },
    ...(typeof isUp === "boolean" ? { isUp } : {}),
    ...(typeof seenAt === "string" ? { seenAt } : {}),
  };
}
