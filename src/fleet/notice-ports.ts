import type { Audit } from "../host/audit.ts";
import type { Metrics } from "../host/metrics.ts";
import type { NodeEvent } from "../wire/fleet/node-event.ts";

interface NoticePorts {
  readonly onNotice: (notice: NodeEvent) => void;
  readonly onNoticePostponed: () => void;
  readonly onNoticesPruned: (count: number) => void;
}

/** Where the outbox says what becomes of nodes' errors and users' events: users' own are in the audit. */
export function noticePorts({ audit, metrics }: { readonly audit: Audit; readonly metrics: Metrics }): NoticePorts {
  const postponed = metrics.count(
    "ml_fleet_postponed_notices_total",
    "Nodes' errors and users' events that came too fast; the nodes send them again",
  );
  const pruned = metrics.count(
    "ml_fleet_pruned_notices_total",
    "Nodes' errors and users' events that newer ones pushed out",
  );
  return {
    onNotice: ({ node, user, kind, severity, name }) => {
      if (kind === "note") audit.record({ event: "node-event", outcome: "ok", node, user, severity, name });
    },
    onNoticePostponed: () => postponed.inc(),
    onNoticesPruned: (count) => pruned.inc(count),
  };
}
