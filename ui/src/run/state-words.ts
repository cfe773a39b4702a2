import { REFUSALS } from "../../../src/wire/fleet/refusal.ts";
import type { RunOnNode } from "../../../src/wire/fleet/run-view.ts";
import { run as t } from "../texts/en/run.ts";

/** Prefix of nodes' messages: mlrun's and mlsupervise's words for `cwd`, `start` and `files`. */
const OWN_WORDS = /^(?:mlrun|mlsupervise): Cannot (?:enter|start|put) /;
const IN_PLACE = "in place: ";

/** The reason in words, with details from the node; else the node's own words, or the reason's name. */
export function reasonOf({ why, text }: Pick<RunOnNode, "why" | "text">): string {
  const reason = textOf(t.reasons, why);
  if (reason === undefined) return text || why;
  const more = text.replace(textOf(REFUSALS, why) ?? OWN_WORDS, "").replace(/^: /, "");
  return more === "" ? reason : `${reason}: ${addedWords(more)}`;
}

/** Translates system errors, known by their words; leaves paths as they are. */
function addedWords(more: string): string {
  if (more.startsWith(IN_PLACE)) return t.inPlace(more.slice(IN_PLACE.length));
  const [, path = "", said = more] = /^(.*): ([^:]*)$/s.exec(more) ?? [];
  const words = textOf(t.added, said);
  if (words === undefined) return more;
  return path === "" ? words : `${path.replace(/ as the user$/, "")}: ${words}`;
}

function textOf(texts: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
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
