import type { GateStatus } from "../../frame/gate-status.ts";
import type { RelayStatus } from "../../frame/relay-status.ts";
import type { Figure } from "./node-figures.ts";

/** Figures of a relay's queue: nothing else shows what a relay discarded. */
export const RELAY_FIGURES: readonly Figure<RelayStatus>[] = [
  { name: "ml_relay_queue_frames", help: "Frames waiting in a relay's queue", of: ({ frames }) => frames },
  {
    name: "ml_relay_discarded_frames",
    help: "Frames that a relay has discarded since its start because its queue was full",
    of: ({ discarded }) => discarded,
  },
];

/** Figures of a gate: nothing else shows which connections a node refuses. */
export const GATE_FIGURES: readonly Figure<GateStatus>[] = [
  {
    name: "ml_gate_connections",
    help: "mlruns that are connected to a node's gate",
    of: ({ connections }) => connections,
  },
  {
    name: "ml_gate_refused",
    help: "Connections that a gate has refused since its start: a user's or all places were taken",
    of: ({ refused }) => refused,
  },
  {
    name: "ml_gate_ended",
    help: "Connections that a gate has ended since its start because their data may not pass",
    of: ({ ended }) => ended,
  },
  {
    name: "ml_gate_waits",
    help: "How often a gate has let a user wait since its start: for its share or its turn",
    of: ({ waits }) => waits,
  },
];
