import { asCount, asRecord } from "../record.ts";
import { isNoteSeverity, type NoteSeverity } from "./node-note.ts";

/** One of `GET /api/fleet/events`: an event on a node outside of any run. */
export interface NodeEvent {
  readonly id: string;
  readonly node: string;
  readonly kind: "error" | "note";
  /** Unix time by the node's clock. */
  readonly at: number;
  readonly severity: NoteSeverity;
  /** User of a note; empty for an error. */
  readonly user: string;
  readonly name: string;
  readonly text: string;
}

/** Skips events that this version does not understand. */
export function parseNodeEvents(value: unknown): readonly NodeEvent[] | undefined {
  const events = asRecord(value)?.["events"];
  return Array.isArray(events) ? events.flatMap((each: unknown) => parseNodeEvent(each) ?? []) : undefined;
}

function parseNodeEvent(value: unknown): NodeEvent | undefined {
  const record = asRecord(value) ?? {};
  const { id, node, kind, severity, user, name, text } = record;
  const at = asCount(record["at"]);
  if (at === undefined || typeof id !== "string" || typeof node !== "string") return undefined;
  if ((kind !== "error" && kind !== "note") || !isNoteSeverity(severity)) return undefined;
  if (typeof user !== "string" || typeof name !== "string" || typeof text !== "string") return undefined;
  return { id, node, kind, at, severity, user, name, text };
}
