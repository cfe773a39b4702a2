import { type DryRunOnNode, parseDryRun } from "../../wire/fleet/dry-run.ts";
import { encodeParts } from "../../wire/fleet/order-parts.ts";
import { parseRunView, type RunView } from "../../wire/fleet/run-view.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import type { Collector } from "../remote/collector.ts";
import { followedStates } from "../remote/followed-states.ts";
import type { Batching } from "./batching.ts";

/** @param signed the parts of its order */
export function sendRun(collector: Collector, signed: readonly SignedOrder[], batching?: Batching): Promise<RunView> {
  const query = batching === undefined ? {} : { batch: batching.size, pause: batching.pausesOnFailure ? 1 : undefined };
  return collector.json({ method: "POST", path: "/runs", query, body: encodeParts(signed) }, parseRunView);
}

export function sendDryRun(collector: Collector, signed: SignedOrder): Promise<readonly DryRunOnNode[]> {
  return collector.json({ method: "POST", path: "/dry-runs", body: signed }, parseDryRun);
}

/** Lets a paused run go on. */
export function sendContinue(collector: Collector, run: string): Promise<RunView> {
  return collector.json({ method: "POST", path: `/runs/${run}/continue` }, parseRunView);
}

/** @param signed the parts of its order */
export function sendCancel(collector: Collector, run: string, signed: readonly SignedOrder[]): Promise<RunView> {
  return collector.json({ method: "DELETE", path: `/runs/${run}`, body: encodeParts(signed) }, parseRunView);
}

/** States of a run as they change, until it is done. A connection that is cut is made again. */
export async function* followRun(
  collector: Collector,
  { run, owner, signal }: { readonly run: string; readonly owner: string; readonly signal: AbortSignal },
): AsyncGenerator<RunView> {
  const request = { path: `/runs/${run}`, query: { follow: 1, owner }, signal };
  for await (const view of followedStates(collector, request, parseRunView)) {
    yield view;
    if (view.isDone) return;
  }
}
