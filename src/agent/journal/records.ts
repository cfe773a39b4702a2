import type { Refusal } from "../../wire/fleet/refusal.ts";
import { parseSignedOrder, type SignedOrder } from "../../wire/fleet/signed-order.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";

/** The decision about a run that never executes. */
export interface Never {
  readonly state: "cancelled" | "refused" | "expired" | "unknown";
  readonly why: Refusal | "journal-restored" | "";
  readonly by: string;
  /** Details beyond the words for `why`. */
  readonly text?: string;
}

/** The only executor of a run: a process, which boot id and start time distinguish from every other one. */
export type Supervisor =
  | { readonly boot: string; readonly pid: number; readonly started: string }
  /** One invocation of a systemd unit (systemd.exec(5), INVOCATION_ID). */
  | { readonly boot: string; readonly unit: string; readonly invocation: string };

/** All forms of `claim`, which decides a run for good. `damaged`: the decision was made, but cannot be read. */
export type Claim = (
  | { readonly kind: "never"; readonly never: Never }
  | { readonly kind: "started"; readonly supervisor: Supervisor }
  | { readonly kind: "damaged" }
) & { readonly sequence: number; readonly at: number };

/** A command's exit, recorded by its supervisor. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly at: number;
  /** mlrun's own messages. */
  readonly text: string;
}

/** An accepted order, with the facts it was checked against. */
export interface Accepted {
  readonly signed: SignedOrder;
  readonly uid: number;
  readonly sequence: number;
  readonly at: number;
}

const NEVER = ["cancelled", "refused", "expired", "unknown"] as const;

export function parseAccepted(text: string): Accepted | undefined {
  const record = asRecord(parseJson(text));
  const message = record?.["message"];
  const signed = typeof message === "string" ? parseSignedOrder(message) : undefined;
  const [uid, sequence, at] = [asCount(record?.["uid"]), asCount(record?.["sequence"]), asCount(record?.["at"])];
  if (signed === undefined || uid === undefined || sequence === undefined || at === undefined) return undefined;
  return { signed, uid, sequence, at };
}

/** A claim that cannot be read counts as one: something may have been started. */
export function parseClaim(text: string): Claim {
  const record = asRecord(parseJson(text));
  const [sequence, at] = [asCount(record?.["sequence"]) ?? 0, asCount(record?.["at"]) ?? 0];
  const { boot, started, unit, invocation, state, why, by } = record ?? {};
  const pid = asCount(record?.["pid"], 1);
  const never = NEVER.find((one) => one === state);
  if (never !== undefined && typeof why === "string" && typeof by === "string")
    return { kind: "never", never: { state: never, why: why as Never["why"], by, ...textOf(record) }, sequence, at };
  if (typeof boot === "string" && typeof unit === "string" && typeof invocation === "string")
    return { kind: "started", supervisor: { boot, unit, invocation }, sequence, at };
  if (typeof boot !== "string" || typeof started !== "string" || pid === undefined)
    return { kind: "damaged", sequence, at };
  return { kind: "started", supervisor: { boot, pid, started }, sequence, at };
}

function textOf(record: Readonly<Record<string, unknown>> | undefined): { readonly text?: string } {
  const text = record?.["text"];
  return typeof text === "string" ? { text } : {};
}

/** Undefined if the record was cut short: the exit is unknown then. */
export function parseEnded(text: string): Ended | undefined {
  const record = asRecord(parseJson(text));
  const { code, signal, text: said } = record ?? {};
  const at = asCount(record?.["at"]);
  if (code !== null && asCount(code) === undefined) return undefined;
  if (signal !== null && typeof signal !== "string") return undefined;
  if (at === undefined || typeof said !== "string") return undefined;
  return { code: code === null ? null : Number(code), signal, at, text: said.trim() };
}
