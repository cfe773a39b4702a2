import type { EventAnswer, FleetEventOf } from "../../wire/fleet/event.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import type { Seen } from "./look.ts";
import type { Teller } from "./teller.ts";

/**
 * Tells the collector what became of a run. One that it does not know (it came back from a backup) gets the signed order
 * first. Undefined: no answer, so the caller sends it again.
 */
export async function tellState(
  { journal, teller }: { readonly journal: Journal; readonly teller: Teller },
  name: RunName,
  seen: Seen,
): Promise<EventAnswer | undefined> {
  const { state, why, text, code, signal, by, digest, sequence, at } = seen;
  const words = text.slice(0, FLEET_LIMITS.maxTextCharacters);
  const told = { state, why, text: words, code, signal, by, digest };
  const event: FleetEventOf<"state"> = { v: 1, kind: "state", journal: journal.id, sequence, at, ...name, ...told };
  const answer = await teller.tell(inOrder(event));
  if (answer !== "?") return answer;
  const order = journal.order(name);
  if (order === undefined || order === "damaged") return "-";
  const returned = await teller.tell({ v: 1, kind: "order", ...order.signed });
  return returned === "+" ? teller.tell(inOrder(event)) : returned === "-" ? "-" : undefined;
}

/** Keys stand in their order, whatever that of a name's is. */
function inOrder(event: FleetEventOf<"state">): FleetEventOf<"state"> {
  const { v, kind, journal, sequence, at, run, user, state, why, text, code, signal, by, digest } = event;
  return { v, kind, journal, sequence, at, run, user, state, why, text, code, signal, by, digest };
}
