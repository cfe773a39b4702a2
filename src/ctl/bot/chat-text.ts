import { safeText } from "../../host/safe-text.ts";
import { formatNodeRange } from "../../text/nodes/node-range.ts";
import { reasonWords } from "../../wire/fleet/refusal.ts";
import type { RunOnNode, RunView } from "../../wire/fleet/run-view.ts";
import { cutToBytes } from "./irc-message.ts";

/** What an answer shows in the channel; the viewer has the rest. */
export const MAX_ANSWER_LINES = 6;
/** RFC 2812's 510 octets, less what the server puts before it for others: source, command, channel. */
const MAX_TEXT_BYTES = 360;

/** One line of chat: nothing in it moves a cursor, sets a colour (mIRC), or asks another client something (CTCP). */
export function chatText(text: string): string {
  return cutToBytes(safeText(text).replace(/[\t\n]+/g, " "), MAX_TEXT_BYTES);
}

/** As many lines as an answer may have; where some are left out, where they stand. */
export function shortened(lines: readonly string[], link: string): readonly string[] {
  if (lines.length <= MAX_ANSWER_LINES) return lines;
  return [...lines.slice(0, MAX_ANSWER_LINES - 1), `and ${lines.length - MAX_ANSWER_LINES + 1} more: ${link}`];
}

/** `2 finished (web[1-2]), 1 failed, exit code 3 (web3)`. */
export function statesOf({ nodes }: Pick<RunView, "nodes">): string {
  const groups = new Map<string, string[]>();
  for (const each of nodes) {
    const words = stateOf(each);
    groups.set(words, [...(groups.get(words) ?? []), each.node]);
  }
  return [...groups].map(([words, names]) => `${names.length} ${words} (${formatNodeRange(names)})`).join(", ");
}

function stateOf({ state, why, text, code, signal, by }: RunOnNode): string {
  const reason = reasonWords({ why, text });
  const how = signal !== null ? `, ${signal}` : code !== null && code !== 0 ? `, exit code ${code}` : "";
  return `${state}${how}${by === "" ? "" : `, stopped by ${by}`}${reason === "" ? "" : `: ${reason}`}`;
}

/** The viewer's page of a run. */
export function linkOf(url: string, { job, run }: Pick<RunView, "job" | "run">): string {
  return `${url}/?${new URLSearchParams({ job, run })}`;
}
