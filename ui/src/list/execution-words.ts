import type { Execution } from "../../../src/wire/api.ts";
import { formatDuration } from "../format.ts";
import { visibleText } from "../text/visible-control.ts";
import { frame } from "../texts/en/frame.ts";

/** argv as typed in a shell: words with special characters in single quotes. */
export function commandLine(argv: readonly string[]): string {
  const words = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  return visibleText(words.join(" "));
}

/** From start to end, or to now while it runs. Undefined for a lost one: its end is unknown. */
export function describeDuration(
  { state, startedAt, endedAt }: Pick<Execution, "state" | "startedAt" | "endedAt">,
  nowMs: number,
): string {
  if (endedAt === null && state === "lost") return frame.unknown;
  return formatDuration((endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt));
}
