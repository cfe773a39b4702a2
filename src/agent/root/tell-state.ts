import type { EventAnswer, FleetEventOf } from "../../wire/fleet/event.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { parseOrder } from "../../wire/fleet/order.ts";
import { isFinal } from "../../wire/fleet/states.ts";
import { parseJson } from "../../wire/record.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import type { Seen } from "./look.ts";
import type { Teller } from "./teller.ts";

/**
 * Tells the collector what became of a run. One that it does not know (it came back from a backup) gets the signed order
 * first. Undefined: no answer, so the caller resends it.
 */
export async function tellState(
  { journal, teller }: { readonly journal: Journal; readonly teller: Teller },
  name: RunName,
  seen: Seen,
): Promise<EventAnswer | undefined> {
  const accepted = journal.order(name);
  const isCall = accepted !== undefined && accepted !== "damaged" && parseOrder(accepted.signed.order)?.kind === "call";
  if (isCall) return tellResult({ journal, teller }, name, seen);
  const { state, why, text, code, signal, by, digest, sequence, at } = seen;
  const words = text.slice(0, FLEET_LIMITS.maxTextCharacters);
  const told = { state, why, text: words, code, signal, by, digest };
  const event: FleetEventOf<"state"> = { v: 1, kind: "state", journal: journal.id, sequence, at, ...name, ...told };
  const answer = await teller.tell(inOrder(event));
  if (answer !== "?") return answer;
  if (accepted === undefined || accepted === "damaged") return "-";
  const returned = await teller.tell({ v: 1, kind: "order", ...accepted.signed });
  return returned === "+" ? teller.tell(inOrder(event)) : returned === "-" ? "-" : undefined;
}

/** Reports only the end of a call. */
async function tellResult(
  { journal, teller }: { readonly journal: Journal; readonly teller: Teller },
  { run, user }: RunName,
  { state, why, text, code, signal, digest, sequence, at }: Seen,
): Promise<EventAnswer | undefined> {
  if (!isFinal(state)) return "+";
  const head = { v: 1, kind: "result", journal: journal.id, sequence, at, run, user } as const;
  const words = text.slice(0, FLEET_LIMITS.maxTextCharacters);
  const printed = state === "finished" ? (journal.output({ run, user }) ?? "").trim() : "";
  if (printed === "" || parseJson(printed) !== undefined)
    return teller.tell({ ...head, state, why, text: words, code, signal, digest, output: printed });
  const fault = { state: "failed", why: "not-json", text: "The service has not printed JSON" } as const;
  return teller.tell({ ...head, ...fault, code, signal, digest, output: "" });
}

/** Puts the keys in the canonical order. */
function inOrder(event: FleetEventOf<"state">): FleetEventOf<"state"> {
  const { v, kind, journal, sequence, at, run, user, state, why, text, code, signal, by, digest } = event;
  return { v, kind, journal, sequence, at, run, user, state, why, text, code, signal, by, digest };
}
