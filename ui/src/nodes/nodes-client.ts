import { type NodeEvent, parseNodeEvents } from "../../../src/wire/fleet/node-event.ts";
import { type FleetUpdate, parseFleetUpdate } from "../../../src/wire/fleet/node-view.ts";
import { type NodeSummary, parseNodeList } from "../../../src/wire/node-summary.ts";
import type { Answer, JsonClient } from "../api/json-client.ts";

/** Nodes of the user's executions; `all`: every node whose relay has been heard of. */
export function listNodes(api: JsonClient, { all = false } = {}): Promise<Answer<readonly NodeSummary[]>> {
  return api.ask(all ? "api/nodes?all=1" : "api/nodes", { parse: parseNodeList });
}

/** Nodes of the fleet: all of them, then each second those that have changed. Nodes report each second while this runs. */
export function followFleet(
  api: JsonClient,
  { onUpdate, signal }: { readonly onUpdate: (update: FleetUpdate) => void; readonly signal: AbortSignal },
): Promise<Answer<true>> {
  return api.follow("api/fleet?follow=1", { load: async () => parseFleetUpdate, onValue: onUpdate, signal });
}

/** Reports of nodes that belong to no run, newest first: errors for administrators, and the user's own notes. */
export function nodeEvents(api: JsonClient): Promise<Answer<readonly NodeEvent[]>> {
  return api.ask("api/fleet/events", { parse: parseNodeEvents });
}
