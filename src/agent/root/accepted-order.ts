import { type OrderOf, parseOrder } from "../../wire/fleet/order.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import type { Accepted } from "../journal/records.ts";

/** An accepted order, parsed. Undefined if it is missing or damaged. */
export function acceptedOrder(
  journal: Journal,
  name: RunName,
): (Accepted & { readonly order: OrderOf<"run"> | OrderOf<"call"> }) | undefined {
  const accepted = journal.order(name);
  if (accepted === undefined || accepted === "damaged") return undefined;
  const order = parseOrder(accepted.signed.order);
  return order?.kind === "run" || order?.kind === "call" ? { ...accepted, order } : undefined;
}
