import type { JSX } from "preact";
import type { Navigation } from "../../navigation.ts";
import { head as t } from "../../texts/en/head.ts";
import type { JobPlace } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { clockWords } from "./clock-words.ts";

interface ClockNoteProps {
  readonly feed: LogFeed;
  readonly navigation: Navigation;
  readonly place: JobPlace;
}

/** Lists clocks that differ, and whether times and order of lines are corrected. */
export function ClockNote({ feed, navigation, place }: ClockNoteProps): JSX.Element | null {
  const differences = new Map<string, number>();
  for (const { execution } of feed.sources) {
    if (execution.clockMs !== undefined) differences.set(execution.node, execution.clockMs);
  }
  if (differences.size === 0) return null;
  const words = Array.from(differences, ([node, ms]) => clockWords(node, ms));
  const isCorrected = place.clock === undefined;
  const toggle = (): void => navigation.adjust({ ...place, clock: isCorrected ? "node" : undefined, top: "" });
  return (
    <label class="toggle clock-note" title={words.join("\n")}>
      <input type="checkbox" checked={isCorrected} onChange={toggle} />
      <span>
        {differences.size === 1 ? words[0] : t.clocksDiffer(differences.size)}
        {isCorrected ? t.corrected : t.notCorrected}
      </span>
    </label>
  );
}
