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
 * The journal of an event. `sequence` grows with every decision in the journal: one lower than the highest that the collector has
 * seen of the same journal comes from a copy of an older state.
 */
const JOURNAL = { journal: isId, sequence: isWhole(0, Number.MAX_SAFE_INTEGER) } as const;

/** State of a run or call on a node. */
const OUTCOME = {
  at: isUnixMs,
  run: isId,
  /** The user who ordered it: (user, run) identifies a run. */
  user: isUser,
  state: is(...NODE_STATES),
  /** A short name (`refused`: `key-not-trusted`), or empty. */
  why: isWhy,
  /** The reason in words, or empty. */
  text: isWords,
  code: isCode,
  signal: isSignal,
} as const;

const KINDS = {
  /** State of a run on this node. Repeated until it is answered. */
  state: {
    v: is(1),
    kind: is("state"),
    ...JOURNAL,
    ...OUTCOME,
    /** The user who cancelled or stopped it, or empty. */
    by: (value: unknown): value is string => value === "" || isUser(value),
    /** SHA-256 of the order's bytes; empty if the node has no verified order. */
    digest: isMatch(/^(?:[0-9a-f]{64})?$/),
  },
  /** How the call of a service ended on this node. Repeated until it is answered. */
  result: {
    v: is(1),
    kind: is("result"),
    ...JOURNAL,
    ...OUTCOME,
    digest: isMatch(/^[0-9a-f]{64}$/),
    /** The service's JSON output, or empty. */
    output: isText(MOST.maxInputCharacters),
  },
  /** Sent after each start, before any run starts: asks whether the collector knows this journal. */
  journal: { v: is(1), kind: is("journal"), ...JOURNAL, at: isUnixMs, created: isUnixMs, start: isId },
  /** The signed order of a run unknown to the collector (`?`). */
  order: {
    v: is(1),
    kind: is("order"),
    order: isText(MOST.maxMessageBytes, 1),
    sig: isText(MOST.maxSignatureBytes, 1),
  },
  /** A failure on the node outside of any run. */
  error: { v: is(1), kind: is("error"), id: isId, at: isUnixMs, why: isWhy, text: isWords },
  /** A user's `mlctl event NAME TEXT` on the node. */
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
 * - `+`: stored, or the journal is known: continue.
 * - `?`: unknown run: send its signed order.
 * - `restored`: the journal was seen with a later sequence: nothing unclaimed of it may start.
 * - `duplicate`: another journal of this node is alive: nothing may start.
 * - `-`: malformed; repeating it would not help.
 */
export type EventAnswer = "+" | "?" | "restored" | "duplicate" | "-";

/** NATS header with the collector's signature. Present in answers about a journal. */
export const PROOF_HEADER = "Marcologger-Proof";

/** Parses an event. Undefined unless all keys are present in canonical order. */
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
