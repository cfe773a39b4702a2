import { compareNatural } from "../../text/nodes/natural-order.ts";
import { type FleetNode, parseFleetView } from "../../wire/fleet/node-view.ts";
import { type NodeSummary, parseNodeList } from "../../wire/node-summary.ts";
import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { ApiRefusal, type Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { printTable } from "../remote/table.ts";
import { onNodes } from "./merged-target.ts";
import { type NodeRow, nodeColumns } from "./node-columns.ts";
import { printNodeEvents } from "./node-events.ts";
import { watchFleet } from "./watched-fleet.ts";

export const NODES: CommandDescription = {
  name: "nodes",
  summary: "nodes of the fleet, and those on which you have run something",
  operands: "[NODES]",
  operandCount: [0, 1],
  about: `Lists the nodes of your executions: whether a node's relay is connected (up, down, or - if it was not since the collector's
start), when it last sent anything, how many executions run and are stored, and the last start. Of a fleet all nodes: whether
the agent is present, its version, load, free memory and memory, commands that it runs, by how much the clock is ahead, kernel.
--all adds how relays do: the delay of the last report, frames that wait, frames lost and connections refused since its start,
and by how much its clock is ahead. NODES narrows it: gpu[01-16,20], web*. For programs: the same fields separated by tabs, those of
agents last, times in UTC.
--events lists what nodes of a fleet have reported instead, newest first: your \`mlctl event\`s; for administrators those of all,
and the errors of nodes.`,
  isPaged: (options) => !options.has("watch"),
  options: {
    watch: { short: "w", help: "go on: a table that changes each second; without a terminal a row for each change" },
    all: { help: "also nodes on which you have run nothing, if their relay was heard of" },
    events: { help: "what nodes have reported: errors, and `mlctl event`" },
    json: { help: "one JSON object a line, as the API has them; of a fleet's node its `fleet` as well" },
  },
};

/** `mlctl nodes`. */
export function nodesCommand(settings: RemoteSettings): Command {
  return describedCommand(NODES, async (options, io) => {
    const isWanted = onNodes(options.operands[0]);
    const collector = signedIn(settings);
    if (options.has("events")) return printNodeEvents(collector, { options, output: new Output(io), isWanted });
    const isAll = options.has("all");
    const listRelays = () => collector.json({ path: "/nodes", query: { all: isAll ? "1" : undefined } }, parseNodeList);
    const rowsOf = (relays: readonly NodeSummary[], fleet: readonly FleetNode[]) =>
      joined(relays, fleet).filter(isWanted);
    const fleet = await fleetOf(collector);
    const print = async (output: Output, rows: readonly NodeRow[]): Promise<void> => {
      if (options.has("json")) for (const row of rows) await output.json(row);
      else
        await printTable(output, {
          rows,
          columns: nodeColumns({
            ...{ nowMs: settings.nowMs(), isForPerson: output.isTerminal, isAll },
            hasFleet: fleet !== undefined,
          }),
          none: "no node to list: none fits, or you have run nothing; --all lists those whose relay was heard of",
        });
    };
    if (options.has("watch")) {
      if (fleet === undefined)
        throw new CtlError("--watch: this collector has no fleet whose nodes report; `mlctl ls -w` shows executions");
      await watchFleet(collector, { io, nowMs: settings.nowMs, listRelays, rowsOf, print });
    } else await print(new Output(io), rowsOf(await listRelays(), fleet ?? []));
    return 0;
  });
}

/** Undefined: the collector has none. */
async function fleetOf(collector: Collector): Promise<readonly FleetNode[] | undefined> {
  try {
    return (await collector.json({ path: "/fleet" }, parseFleetView)).nodes;
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return undefined;
    throw error;
  }
}

function joined(relays: readonly NodeSummary[], fleet: readonly FleetNode[]): readonly NodeRow[] {
  const rows = new Map<string, NodeRow>(relays.map((each) => [each.node, each]));
  for (const each of fleet) {
    const known = rows.get(each.node) ?? { node: each.node, executions: 0, running: 0, lastStartedAt: null };
    rows.set(each.node, { ...known, fleet: each });
  }
  return [...rows.values()].sort((a, b) => compareNatural(a.node, b.node));
}
