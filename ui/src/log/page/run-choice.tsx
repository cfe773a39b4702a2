import type { JSX } from "preact";
import { formatCount } from "../../format.ts";
import type { Navigation } from "../../navigation.ts";
import type { RunCounts } from "../../runs/run-counts.ts";
import { runWords } from "../../runs/run-name.tsx";
import { frame } from "../../texts/en/frame.ts";
import { head as t } from "../../texts/en/head.ts";
import { ALL_RUNS, type JobPlace } from "../../url-state.ts";

interface RunChoiceProps {
  readonly counts: RunCounts;
  readonly navigation: Navigation;
  readonly place: JobPlace;
  /** The run that is shown; undefined: all of them. */
  readonly run: string | undefined;
}

/** Chooses one of a job's runs, the newest first, or all of them. */
export function RunChoice({ counts, navigation, place, run }: RunChoiceProps): JSX.Element {
  const { runs } = counts;
  const isListed = run === undefined || runs.some((each) => each.run === run);
  const choose = (chosen: string): void => navigation.adjust({ ...place, run: chosen, top: "" });
  return (
    <label class="run-choice">
      <span class="for-screen-readers">{t.run}</span>
      <select
        value={run ?? ALL_RUNS}
        onFocus={() => counts.refresh(runs.length)}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {isListed ? null : <option value={run}>{frame.run(run)}</option>}
        {runs.map((each) => (
          <option key={each.run} value={each.run}>
            {runWords(each)}
            {each.running > 0
              ? t.runStates.running
              : each.failed > 0
                ? t.runStates.failed
                : each.lost > 0
                  ? t.runStates.lost
                  : ""}
          </option>
        ))}
        <option value={ALL_RUNS}>{t.allRuns(runs.length > 1 ? formatCount(runs.length) : "")}</option>
      </select>
    </label>
  );
}
