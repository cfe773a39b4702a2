import type { Metrics } from "../host/metrics.ts";
import type { NodeTable } from "./nodes/node-table.ts";
import type { OutboxDb } from "./outbox/outbox-db.ts";

/** How many nodes and orders there are. Returns where an event that was known already is counted. */
export function fleetMetrics(
  metrics: Metrics,
  { table, db }: { readonly table: NodeTable; readonly db: OutboxDb },
): { readonly repeated: { inc(): void } } {
  metrics.gauge("ml_fleet_nodes_present", "Nodes whose agent was heard of within 40 s", () => table.countPresent());
  metrics.gauges("ml_fleet_orders", "Runs on nodes by state", { label: "state", read: () => db.kept.states });
  return { repeated: metrics.count("ml_fleet_repeated_events_total", "Events of nodes that were known already") };
}
