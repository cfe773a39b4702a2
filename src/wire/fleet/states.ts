/** States that a node reports. */
export const NODE_STATES = [
  "accepted",
  "waiting",
  "started",
  "finished",
  "failed",
  "unknown",
  "refused",
  "cancelled",
  "expired",
] as const;

/**
 * State of a run on one node, in the order in which states may follow. The collector sets the first ones.
 *
 * `why` beside a state is a short name: the reason of a refusal, of a failure before the command, of a wait.
 */
export const RUN_STATES = ["pending", "held", "sent", "unconfirmed", ...NODE_STATES] as const;

export type RunState = (typeof RUN_STATES)[number];

export type NodeState = (typeof NODE_STATES)[number];

/** Final states, except that the end of an `unknown` run may still be found. */
export function isFinal(state: RunState): boolean {
  return ["finished", "failed", "unknown", "refused", "cancelled", "expired"].includes(state);
}

/** Whether an event's state replaces the known one: states go forward, and `unknown` and `expired` give way to facts. */
export function isNews(known: RunState, told: RunState): boolean {
  if (known === told) return false;
  if (known === "unknown") return told === "finished" || told === "failed";
  if (known === "expired") return RUN_STATES.indexOf(told) >= RUN_STATES.indexOf("started");
  if (isFinal(known)) return false;
  if (told === "waiting" || known === "waiting") return known !== "started";
  return RUN_STATES.indexOf(told) > RUN_STATES.indexOf(known);
}
