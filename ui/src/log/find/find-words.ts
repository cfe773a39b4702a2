import { formatCount } from "../../format.ts";
import { find as t } from "../../texts/en/find.ts";
import type { Finder } from "./finder.ts";

/** "3 of 128, 41 % searched". @param isLive More lines may be printed after the search has reached the end. */
export function findWords(finder: Finder, isLive: boolean): string {
  const { survey, rank, note } = finder;
  if (survey === undefined) return "";
  const count = formatCount(survey.total);
  const ranked =
    rank === undefined
      ? matchesWords(survey.total)
      : t.rankOf(rank.isAbout ? t.about(formatCount(rank.rank)) : formatCount(rank.rank), count);
  const soFar = isLive && survey.status === "done" ? t.soFar : "";
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
  const which = isCapped ? t.capped : "";
  return joined([
    t.linesOf(formatCount(shown), formatCount(lines)) + which,
    hidden === 0 ? "" : t.hidden(hidden),
    ...progressWords(finder),
  ]);
}

function progressWords(finder: Finder): string[] {
  const { survey, searchedPart } = finder;
  if (survey === undefined) return [];
  if (survey.problem !== undefined) return [survey.problem];
  if (survey.status === "done") return [];
  const part = searchedPart === undefined ? "" : t.searched(Math.floor(searchedPart * 100));
  if (survey.status === "stopped") return [part === "" ? t.cancelled : t.cancelledAt(part)];
  if (survey.ahead > 0 && survey.bytes === 0) return [t.waits(survey.ahead)];
  return [part === "" ? t.searching : part];
}

function matchesWords(total: number): string {
  return total === 0 ? t.noMatch : t.matches(total);
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}
