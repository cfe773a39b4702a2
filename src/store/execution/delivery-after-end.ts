import type { Delivery } from "../../wire/api.ts";
import type { LineNumbers } from "../numbers/line-numbers.ts";
import type { Discards } from "./discards.ts";
import type { EndSeen } from "./facts.ts";

/** After END, missing numbers may still be on their way for this long. */
const RECEIVING_AFTER_END_MS = 30_000;
/** With more holes than this, time alone decides how long to wait for them. */
const MAX_EXPLAINED_HOLES = 1_000;

/** Judges an execution whose END has arrived by its stored and discarded numbers. */
export function deliveryAfterEnd(
  { lastN, end, receivedAtMs }: EndSeen,
  numbers: { readonly have: LineNumbers; readonly discards: Discards },
  nowMs: number,
): Delivery {
  const { have, discards } = numbers;
  if (have.coversTo(lastN)) return end.cutShort ? "incomplete" : "complete";
  if (nowMs - receivedAtMs > RECEIVING_AFTER_END_MS) return "incomplete";
  if (discards.isEmpty) return "receiving";
  const missing = have.missing(1, lastN, MAX_EXPLAINED_HOLES + 1);
  // Everything missing was discarded: there is nothing to wait for.
  const isOnPurpose = missing.length <= MAX_EXPLAINED_HOLES && discards.explain(missing);
  return isOnPurpose ? "incomplete" : "receiving";
}
