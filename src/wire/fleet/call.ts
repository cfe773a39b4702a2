import { asCount, asRecord } from "../record.ts";
import { is } from "./checks.ts";

/**
 * What became of a call.
 *
 * - `finished`: the service has ended with 0; `output`.
 * - `failed`: it has ended otherwise, took too long, or printed no JSON.
 * - `refused`, `expired`, `cancelled`: it never began. `absent`: the node was not there to be called.
 * - `unknown`: its supervisor was lost: whether it has ended nobody can say.
 * - `silent`: the node has said nothing in time: it may have begun. The same signed order again asks how it ended.
 */
const STATES = ["finished", "failed", "refused", "expired", "cancelled", "absent", "unknown", "silent"] as const;

/** `POST /api/calls` */
export interface CallView {
  readonly run: string;
  readonly node: string;
  readonly state: (typeof STATES)[number];
  /** A short name of the reason, or empty. */
  readonly why: string;
  /** The same in words, or empty. */
  readonly text: string;
  /** The service's exit code. */
  readonly code: number | null;
  /** JSON that the service printed; empty: none. */
  readonly output: string;
}

export const isCallState = is(...STATES);

export function parseCallView(value: unknown): CallView | undefined {
  const { run, node, state, why, text, code, output } = asRecord(value) ?? {};
  if (typeof run !== "string" || typeof node !== "string" || !isCallState(state)) return undefined;
  const words = (of: unknown): string => (typeof of === "string" ? of : "");
  return { run, node, state, why: words(why), text: words(text), code: asCount(code) ?? null, output: words(output) };
}
