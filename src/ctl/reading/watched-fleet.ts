import { type FleetNode, parseFleetUpdate } from "../../wire/fleet/node-view.ts";
import type { NodeSummary } from "../../wire/node-summary.ts";
import type { Io } from "../command.ts";
import type { Collector } from "../remote/collector.ts";
import { followedStates } from "../remote/followed-states.ts";
import { Output } from "../remote/output.ts";
import { DrawnOver } from "./drawn-over.ts";
import type { NodeRow } from "./node-columns.ts";

/** Agents report each second while somebody watches; relays are asked for less often. */
const RELAYS_EVERY_MS = 10_000;

interface WatchedFleet {
  readonly io: Io;
  readonly nowMs: () => number;
  readonly listRelays: () => Promise<readonly NodeSummary[]>;
  /** The rows to show, in their order. */
  readonly rowsOf: (relays: readonly NodeSummary[], fleet: readonly FleetNode[]) => readonly NodeRow[];
  readonly print: (output: Output, rows: readonly NodeRow[]) => Promise<void>;
}

/** Nodes as they change, until somebody ends it: a table drawn anew, or without a terminal the rows that have changed. */
export async function watchFleet(collector: Collector, options: WatchedFleet): Promise<void> {
  const { io, nowMs, listRelays, rowsOf, print } = options;
  const output = new Output(io);
  const drawn = new DrawnOver(io);
  const nodes = new Map<string, FleetNode>();
  let relays = await listRelays();
  let listedMs = nowMs();
  for await (const update of followedStates(collector, { path: "/fleet", query: { follow: 1 } }, parseFleetUpdate)) {
    if (nowMs() - listedMs >= RELAYS_EVERY_MS) {
      relays = await listRelays();
      listedMs = nowMs();
    }
    if (update.isWhole) nodes.clear();
    for (const each of update.nodes) nodes.set(each.node, each);
    const rows = rowsOf(relays, [...nodes.values()]);
    const changed = new Set(update.nodes.map(({ node }) => node));
    if (output.isTerminal) await drawn.draw(rows, print);
    else await print(output, update.isWhole ? rows : rows.filter(({ node }) => changed.has(node)));
  }
}
