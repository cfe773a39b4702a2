import type { FleetNode } from "../../wire/fleet/node-view.ts";
import type { KnownNode } from "./known-node.ts";

/** The API's view of a node. @param known undefined: not heard from since the collector's start. */
export function nodeView(node: string, known: KnownNode | undefined, state: FleetNode["state"]): FleetNode {
  const { presence, facts } = known ?? {};
  return {
    node,
    state,
    seenMs: known?.seenWallMs ?? null,
    clockMs: known?.clockMs ?? null,
    load: presence?.load ?? null,
    memoryBytes: presence?.memoryBytes ?? null,
    memoryFreeBytes: presence?.memoryFreeBytes ?? null,
    uptimeSeconds: presence?.uptimeSeconds ?? null,
    running: presence?.running ?? null,
    agent: presence?.agent ?? null,
    kernel: facts?.kernel ?? null,
    os: facts?.os ?? null,
    architecture: facts?.architecture ?? null,
    cpus: facts?.cpus ?? null,
    addresses: facts?.addresses ?? [],
    gpus: facts?.gpus ?? [],
    labels: facts?.labels ?? [],
    services: facts?.services ?? [],
  };
}
