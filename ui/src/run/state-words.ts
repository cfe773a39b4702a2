import { REFUSALS } from "../../../src/wire/fleet/refusal.ts";
import type { RunOnNode } from "../../../src/wire/fleet/run-view.ts";
import { run as t } from "../texts/en/run.ts";

/** In the node's own words, or what the name of the reason stands for, or that name. */
export function reasonOf({ why, text }: Pick<RunOnNode, "why" | "text">): string {
  // A node that has nothing to add says it in the usual words, which are English.
  const isUsual = text === "" || text === new Map<string, string>(Object.entries(REFUSALS)).get(why);
  return isUsual ? (new Map<string, string>(Object.entries(t.reasons)).get(why) ?? why) : text;
}

/** A run's state on a node, with its reason, in words. */
export function stateWords({ state, why, text, code, signal, by }: RunOnNode): string {
  if (state === "held" && why === "paused") return t.paused;
  const reason = reasonOf({ why, text });
  const how = signal !== null ? `, ${signal}` : code !== null && code !== 0 ? t.exitCode(code) : "";
  const asked = by === "" ? "" : t.stoppedBy(by);
  return `${t.states[state]}${how}${asked}${reason === "" ? "" : `: ${reason}`}`;
}

/** The class that colours it, as executions are coloured. */
export function stateLook(state: RunOnNode["state"]): "running" | "finished" | "failed" | "lost" | "quiet" {
  if (state === "started") return "running";
  if (state === "finished") return "finished";
  if (state === "failed" || state === "refused") return "failed";
  return state === "pending" || state === "sent" || state === "accepted" ? "quiet" : "lost";
}
