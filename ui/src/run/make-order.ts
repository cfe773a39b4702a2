import type { FleetView } from "../../../src/wire/fleet/node-view.ts";
import { encodeOrder, type Order, type OrderOf } from "../../../src/wire/fleet/order.ts";
import { partsOf } from "../../../src/wire/fleet/order-parts.ts";
import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import { makeExecutionId } from "../../../src/wire/ids.ts";

/** The work of an order to run: everything except who signs it, when and how. */
export interface Work
  extends Omit<OrderOf<"run">, "v" | "kind" | "fleet" | "run" | "user" | "issued" | "expires" | "via"> {
  /** Nodes at a time; 0: all at once. Applied by the collector, and not part of the order. */
  readonly batch: number;
  readonly pausesOnFailure: boolean;
}

interface OrderContext {
  readonly fleet: Pick<FleetView, "id">;
  readonly user: string;
  readonly nowMs: number;
  readonly random: Uint8Array;
}

const LIFE_MS = 600_000;
/** Batches wait for the ends of earlier ones; this is the longest that the web signs for. */
const BATCH_LIFE_MS = 3_600_000;

/**
 * The texts to sign, one for each part, of an order to run a command, or to check whether the nodes would. Throws a
 * RangeError if something is malformed or too long.
 */
export function runOrderTexts(kind: "run" | "check", work: Work, context: OrderContext): readonly string[] {
  const { batch, pausesOnFailure: _, ...ordered } = work;
  const { fleet, user, nowMs, random } = context;
  return textsOf({
    v: 1,
    kind,
    fleet: fleet.id,
    run: makeExecutionId(nowMs, random),
    user,
    issued: nowMs,
    expires: nowMs + (batch === 0 ? LIFE_MS : BATCH_LIFE_MS),
    via: "web",
    ...ordered,
  });
}

/** The texts to sign of the order that stops a run on all of its nodes. */
export function cancelOrderTexts(
  { run, owner, nodes }: Pick<RunView, "run" | "owner" | "nodes">,
  { fleet, user, nowMs }: Omit<OrderContext, "random">,
): readonly string[] {
  return textsOf({
    v: 1,
    kind: "cancel",
    fleet: fleet.id,
    run,
    user,
    owner,
    nodes: nodes.map(({ node }) => node),
    issued: nowMs,
    expires: nowMs + LIFE_MS,
    via: "web",
  });
}

function textsOf(order: Order): readonly string[] {
  return partsOf(order).map(encodeOrder);
}
