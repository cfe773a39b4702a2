import { reasonWords } from "../../../src/wire/fleet/refusal.ts";
import type { RunOnNode } from "../../../src/wire/fleet/run-view.ts";

const STATES: Readonly<Record<RunOnNode["state"], string>> = {
  pending: "waits for the node",
  held: "waits for the nodes before it",
  sent: "sent",
  unconfirmed: "sent, no answer yet",
  accepted: "accepted",
  waiting: "the node waits",
  started: "running",
  finished: "finished",
  failed: "failed",
  unknown: "unknown",
  refused: "refused",
  cancelled: "never started",
  expired: "expired, never started",
};

/** A run's state on a node, with its reason, in words. */
export function stateWords({ state, why, text, code, signal, by }: RunOnNode): string {
  if (state === "held" && why === "paused") return "held: a node before it has failed";
  const reason = reasonWords({ why, text });
  const how = signal !== null ? `, ${signal}` : code !== null && code !== 0 ? `, exit code ${code}` : "";
  const asked = by === "" ? "" : `, stopped by ${by}`;
  return `${STATES[state]}${how}${asked}${reason === "" ? "" : `: ${reason}`}`;
}

/** The class that colours it, as executions are coloured. */
export function stateLook(state: RunOnNode["state"]): "running" | "finished" | "failed" | "lost" | "quiet" {
  if (state === "started") return "running";
  if (state === "finished") return "finished";
  if (state === "failed" || state === "refused") return "failed";
  return state === "pending" || state === "sent" || state === "accepted" ? "quiet" : "lost";
}
