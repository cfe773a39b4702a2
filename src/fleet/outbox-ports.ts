import type { Audit } from "../host/audit.ts";
import type { Metrics } from "../host/metrics.ts";
import type { NodeEvent } from "../wire/fleet/node-event.ts";

interface OutboxPorts {
  readonly onRepeated: () => void;
  readonly onRunsPruned: (count: number) => void;
  readonly onNotice: (notice: NodeEvent) => void;
  readonly onNoticePostponed: () => void;
  readonly onNoticesPruned: (count: number) => void;
}

/** Counts repeated events, pruned runs, and postponed and pruned notices; audits users' events. */
export function outboxPorts({ audit, metrics }: { readonly audit: Audit; readonly metrics: Metrics }): OutboxPorts {
  const repeated = metrics.count("ml_fleet_repeated_events_total", "Events of nodes that were known already");
  const forgotten = metrics.count(
    "ml_fleet_pruned_runs_total",
    "Runs that were forgotten before their 30 days: their user has more than are kept",
  );
  const postponed = metrics.count(
    "ml_fleet_postponed_notices_total",
    "Nodes' errors and users' events that came too fast; the nodes send them again",
  );
  const pruned = metrics.count(
    "ml_fleet_pruned_notices_total",
    "Nodes' errors and users' events that newer ones pushed out",
  );
  return {
    onRepeated: () => repeated.inc(),
    onRunsPruned: (count) => forgotten.inc(count),
    onNotice: ({ node, user, kind, severity, name }) => {
      if (kind === "note") audit.record({ event: "node-event", outcome: "ok", node, user, severity, name });
    },
    onNoticePostponed: () => postponed.inc(),
    onNoticesPruned: (count) => pruned.inc(count),
  };
}
