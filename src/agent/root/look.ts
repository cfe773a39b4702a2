import { createHash } from "node:crypto";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { refusalWords } from "../../wire/fleet/refusal.ts";
import type { NodeState } from "../../wire/fleet/states.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import type { Ended, Supervisor } from "../journal/records.ts";

/** State of a run, from the disk and the processes. */
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

/** Leaves room in an event's text for the number of omitted files. */
const MAX_PLACED_CHARACTERS = FLEET_LIMITS.maxTextCharacters - 20;
const OWN_ERROR = 125;
/** Messages of mlrun and mlsupervise about a failure that is not the command's own, with its name. */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^mlrun: Cannot enter /, "cwd"],
  [/^mlsupervise: Cannot start /, "start"],
  [/^mlsupervise: Cannot put /, "files"],
  [/^mlsupervise: Ended a service /, "slow"],
  [/^mlsupervise: Cannot (?:pass on|read|keep) /, "answer"],
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
    return { ...nothing, state, why, by, text: refusalWords(why, text), sequence, at };
  }
  // Asked before the record is read: a supervisor that ends in between has written it.
  const runs = claim.kind === "started" && isAlive(claim.supervisor);
  const ended = journal.ended(name);
  const unknown = (why: string): Seen => {
    return { ...nothing, state: "unknown", why, text: placedWords(journal.placed(name)), sequence, at };
  };
  if (ended === "damaged") return unknown("exit-damaged");
  if (ended !== undefined) return { ...nothing, ...outcome(ended), by: journal.canceller(name) ?? "", sequence };
  if (runs) return { ...nothing, state: "started", sequence, at };
  if (claim.kind === "damaged") return { ...nothing, state: "unknown", why: "claim-damaged", sequence, at };
  return unknown(claim.supervisor.boot === boot ? "supervisor-lost" : "restarted");
}

/** Lists the published files of an interrupted run. Empty if it had none, or they could not be checked. */
function placedWords(paths: readonly string[] | undefined): string {
  if (paths === undefined) return "";
  if (paths.length === 0) return "none of its files is in place";
  let words = `in place: ${paths[0]}`;
  for (const [at, path] of paths.entries()) {
    const left = paths.length - at;
    if (at > 0 && words.length + path.length > MAX_PLACED_CHARACTERS) return `${words} and ${left} more`;
    if (at > 0) words += `, ${path}`;
  }
  return words;
}

function outcome({ code, signal, at, text }: Ended): Pick<Seen, "state" | "why" | "text" | "code" | "signal" | "at"> {
  const fault = code === OWN_ERROR ? FAULTS.find(([pattern]) => pattern.test(text)) : undefined;
  return { state: code === 0 ? "finished" : "failed", why: fault?.[1] ?? "", text, code, signal, at };
}
