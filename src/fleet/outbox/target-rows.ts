import type { FleetEventOf } from "../../wire/fleet/event.ts";
import type { Order } from "../../wire/fleet/order.ts";
import { isFinal, type RunState } from "../../wire/fleet/states.ts";
import type { TargetRow } from "./outbox-db.ts";

/** A run on a node that has not reported on it. */
export function newTarget(order: Pick<Order, "user" | "run">, node: string, atMs: number): TargetRow {
  return {
    owner: order.user,
    run: order.run,
    node,
    state: "pending",
    why: "",
    text: "",
    code: null,
    signal: null,
    by: "",
    at: atMs,
    journal: "",
    final: 0,
  };
}

/** The row with a state that the collector decides. */
export function withState(
  row: TargetRow,
  state: RunState,
  { at, why = "", by = "" }: { readonly at: number; readonly why?: string; readonly by?: string },
): TargetRow {
  return { ...row, state, why, text: "", by, at, final: isFinal(state) ? 1 : 0 };
}

/** The row with a state that the node reported. */
export function withEvent(row: TargetRow, event: FleetEventOf<"state">): TargetRow {
  const { state, why, text, code, signal, by, at } = event;
  return { ...row, state, why, text, code, signal, by, at, final: isFinal(state) ? 1 : 0 };
}
