import { parseExecutionId } from "../ids.ts";
import { parseJson } from "../record.ts";
import { isUnixName } from "../unix-name.ts";
import { type Check, type Checked, is, isMatch, isShape, isText, isWhole } from "./checks.ts";
import { FLEET_LIMITS as MOST } from "./limits.ts";
import { isNoteName, isNoteSeverity } from "./node-note.ts";
import { NODE_STATES } from "./states.ts";

const isUser: Check<string> = (value): value is string => typeof value === "string" && isUnixName(value);
const isId: Check<string> = (value): value is string => parseExecutionId(value) !== undefined;
const isUnixMs = isWhole(0, 9_999_999_999_999);
const isWhy = isMatch(/^(?:[a-z][a-z0-9-]{0,39})?$/);
const isWords = isText(MOST.maxTextCharacters);
const isCode: Check<number | null> = (value): value is number | null => value === null || isWhole(0, 255)(value);
const isSignal: Check<string | null> = (value): value is string | null =>
  value === null || isMatch(/^SIG[A-Z0-9+]{1,12}$/)(value);

/**
 * The journal that an event stands in. `sequence` grows with everything that the journal decides: one that is lower than
 * what the collector has seen of the same journal comes from a copy of an older state.
 */
const JOURNAL = { journal: isId, sequence: isWhole(0, Number.MAX_SAFE_INTEGER) } as const;

/** What became of a run, or of a call, on a node. */
const OUTCOME = {
  at: isUnixMs,
  run: isId,
  /** The user who ordered it: (user, run) names a run. */
  user: isUser,
  state: is(...NODE_STATES),
  /** A short name (`refused`: `key-not-trusted`), or empty. */
  why: isWhy,
  /** The same in words, or empty. */
  text: isWords,
  code: isCode,
  signal: isSignal,
} as const;

const KINDS = {
  /** What became of a run on this node. Repeated until it is answered. */
  state: {
    v: is(1),
    kind: is("state"),
    ...JOURNAL,
    ...OUTCOME,
    /** Who asked for the end (`cancelled`, or a command that was stopped), or empty. */
    by: (value: unknown): value is string => value === "" || isUser(value),
    /** SHA-256 of the order's bytes. Empty: none was kept. */
    digest: isMatch(/^(?:[0-9a-f]{64})?$/),
  },
  /** How the call of a service ended on this node. Repeated until it is answered. */
  result: {
    v: is(1),
    kind: is("result"),
    ...JOURNAL,
    ...OUTCOME,
    digest: isMatch(/^[0-9a-f]{64}$/),
    /** JSON that the service printed; empty: none. */
    output: isText(MOST.maxInputCharacters),
  },
  /** After each start, before anything of the journal is started: is it the one that the collector knows? */
  journal: { v: is(1), kind: is("journal"), ...JOURNAL, at: isUnixMs, created: isUnixMs, start: isId },
  /** An order that the collector does not know (`?`): as it was signed. */
  order: {
    v: is(1),
    kind: is("order"),
    order: isText(MOST.maxMessageBytes, 1),
    sig: isText(MOST.maxSignatureBytes, 1),
  },
  /** Something failed on the node that belongs to no run. */
  error: { v: is(1), kind: is("error"), id: isId, at: isUnixMs, why: isWhy, text: isWords },
  /** `mlctl event NAME TEXT` of a user on the node. */
  note: {
    v: is(1),
    kind: is("note"),
    id: isId,
    at: isUnixMs,
    user: isUser,
    severity: isNoteSeverity,
    name: isNoteName,
    text: isWords,
  },
} as const;

export type FleetEvent = { [K in keyof typeof KINDS]: Checked<(typeof KINDS)[K]> }[keyof typeof KINDS];
export type FleetEventOf<K extends FleetEvent["kind"]> = Extract<FleetEvent, { readonly kind: K }>;

/**
 * The collector's answer to an event.
 *
 * - `+`: stored, or the journal is the known one: go on.
 * - `?`: this run is not known: send its signed order.
 * - `restored`: the journal was seen with a later sequence: nothing unclaimed of it may start.
 * - `duplicate`: another journal of this node is alive: nothing may start.
 * - `-`: not of its form; repeating it would not help.
 */
export type EventAnswer = "+" | "?" | "restored" | "duplicate" | "-";

/** Parses an event. Undefined unless every key stands there in its order. */
export function parseFleetEvent(text: string): FleetEvent | undefined {
  if (text.length > MOST.maxMessageBytes) return undefined;
  const value = parseJson(text);
  const isKnown = Object.values(KINDS).some((checks) =>
    isShape<Readonly<Record<string, Check<unknown>>>>(checks)(value),
  );
  return isKnown ? (value as FleetEvent) : undefined;
}

export function parseEventAnswer(text: string): EventAnswer | undefined {
  return is("+", "?", "restored", "duplicate", "-")(text) ? text : undefined;
}
