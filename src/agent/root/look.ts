import { createHash } from "node:crypto";
import { REFUSALS } from "../../wire/fleet/refusal.ts";
import type { NodeState } from "../../wire/fleet/states.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import type { Ended, Supervisor } from "../journal/records.ts";

/** What became of a run, as the disk and the processes say now. */
export interface Seen {
  readonly state: NodeState;
  readonly why: string;
  readonly text: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly by: string;
  readonly sequence: number;
  readonly at: number;
  readonly digest: string;
}

const OWN_ERROR = 125;
/** mlrun's and mlsupervise's own words for what kept the command from starting. */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^mlrun: Cannot enter /, "cwd"],
  [/^mlsupervise: Cannot start /, "start"],
  [/^mlsupervise: Cannot put /, "files"],
];

/** Reads a run. Undefined if the journal has no decision about it, or only a cancel without its order. */
export function lookAt(
  name: RunName,
  {
    journal,
    isAlive,
    boot,
  }: { readonly journal: Journal; readonly boot: string; isAlive(process: Supervisor): boolean },
): Seen | undefined {
  const order = journal.order(name);
  const known = order === undefined || order === "damaged" ? undefined : order;
  const digest = known === undefined ? "" : createHash("sha256").update(known.signed.order).digest("hex");
  const nothing = { why: "", text: "", code: null, signal: null, by: "", digest } as const;
  const claim = journal.claim(name);
  if (claim === undefined) {
    if (order === undefined) return undefined;
    const { sequence, at } = known ?? { sequence: 0, at: 0 };
    return { ...nothing, state: "accepted", sequence, at };
  }
  const { sequence, at } = claim;
  if (claim.kind === "never") {
    const { state, why, by, text } = claim.never;
    const words = [wordsOf(why), text ?? ""].filter((part) => part !== "").join(": ");
    return { ...nothing, state, why, by, text: words, sequence, at };
  }
  // Asked before the record is read: a supervisor that ends in between has written it.
  const runs = claim.kind === "started" && isAlive(claim.supervisor);
  const ended = journal.ended(name);
  if (ended === "damaged") return { ...nothing, state: "unknown", why: "exit-damaged", sequence, at };
  if (ended !== undefined) return { ...nothing, ...outcome(ended), by: journal.canceller(name) ?? "", sequence };
  if (runs) return { ...nothing, state: "started", sequence, at };
  if (claim.kind === "damaged") return { ...nothing, state: "unknown", why: "claim-damaged", sequence, at };
  const why = claim.supervisor.boot === boot ? "supervisor-lost" : "restarted";
  return { ...nothing, state: "unknown", why, sequence, at };
}

function wordsOf(why: string): string {
  const words: Readonly<Record<string, string>> = REFUSALS;
  return Object.hasOwn(REFUSALS, why) ? (words[why] ?? "") : "";
}

function outcome({ code, signal, at, text }: Ended): Pick<Seen, "state" | "why" | "text" | "code" | "signal" | "at"> {
  const fault = code === OWN_ERROR ? FAULTS.find(([pattern]) => pattern.test(text)) : undefined;
  return { state: code === 0 ? "finished" : "failed", why: fault?.[1] ?? "", text, code, signal, at };
}
