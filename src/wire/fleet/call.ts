import { asCount, asRecord } from "../record.ts";
import { is } from "./checks.ts";

/**
 * Result of a call.
 *
 * - `finished`: the service exited with 0; `output`.
 * - `failed`: it exited otherwise, took too long, or printed no JSON.
 * - `refused`, `expired`, `cancelled`: it never began. `absent`: the node was not connected.
 * - `unknown`: its supervisor was lost, so its end is unknown.
 * - `silent`: the node did not answer in time: the call may have begun. Resend the same signed order to learn how it ended.
 */
const STATES = ["finished", "failed", "refused", "expired", "cancelled", "absent", "unknown", "silent"] as const;

/** `POST /api/calls` */
export interface CallView {
  readonly run: string;
  readonly node: string;
  readonly state: (typeof STATES)[number];
  /** A short name of the reason, or empty. */
  readonly why: string;
  /** The reason in words, or empty. */
  readonly text: string;
  /** The service's exit code. */
  readonly code: number | null;
  /** The service's JSON output, or empty. */
  readonly output: string;
}

export const isCallState = is(...STATES);

export function parseCallView(value: unknown): CallView | undefined {
  const { run, node, state, why, text, code, output } = asRecord(value) ?? {};
  if (typeof run !== "string" || typeof node !== "string" || !isCallState(state)) return undefined;
  const words = (of: unknown): string => (typeof of === "string" ? of : "");
  return { run, node, state, why: words(why), text: words(text), code: asCount(code) ?? null, output: words(output) };
}
