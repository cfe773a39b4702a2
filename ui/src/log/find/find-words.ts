import { formatCount } from "../../format.ts";
import type { Finder } from "./finder.ts";

/** "3 of 128, 41 % searched". @param isLive lines are printed on after the search came to the end. */
export function findWords(finder: Finder, isLive: boolean): string {
  const { survey, rank, note } = finder;
  if (survey === undefined) return "";
  const count = formatCount(survey.total);
  const ranked =
    rank === undefined
      ? matchesWords(survey.total)
      : `${rank.isAbout ? "about " : ""}${formatCount(rank.rank)} of ${count}`;
  const soFar = isLive && survey.status === "done" ? " so far" : "";
  return joined([ranked + soFar, ...progressWords(finder), note]);
}

/** "128 of 100,000 lines, the others are hidden, 41 % searched". */
export function filterWords(
  finder: Finder,
  { lines, added, isCapped }: { lines: number; added: number; isCapped: boolean },
): string {
  const { survey } = finder;
  if (survey === undefined) return "";
  const shown = survey.total + added;
  const hidden = Math.max(0, lines - shown);
  const which = isCapped ? "; only the first ones found are shown: narrow it" : "";
  return joined([
    `${formatCount(shown)} of ${formatCount(lines)} lines${which}`,
    hidden === 0 ? "" : `${formatCount(hidden)} hidden`,
    ...progressWords(finder),
  ]);
}

function progressWords(finder: Finder): string[] {
  const { survey, searchedPart } = finder;
  if (survey === undefined) return [];
  if (survey.problem !== undefined) return [survey.problem];
  if (survey.status === "done") return [];
  const part = searchedPart === undefined ? "" : `${Math.floor(searchedPart * 100)} % searched`;
  if (survey.status === "stopped") return [`cancelled${part === "" ? "" : ` at ${part}`}`];
  if (survey.ahead > 0 && survey.bytes === 0) return [`waits for ${formatCount(survey.ahead)} other searches`];
  return [part === "" ? "searching" : part];
}

function matchesWords(total: number): string {
  return total === 0 ? "No match" : `${formatCount(total)} ${total === 1 ? "match" : "matches"}`;
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}
