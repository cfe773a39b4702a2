import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { StateCounts } from "../../../../src/wire/runs.ts";
import { ActionsButton } from "../../actions/actions-button.tsx";
import { after } from "../../after.ts";
import type { ApiClient } from "../../api-client.ts";
import { keyOf } from "../../execution-key.ts";
import { formatBytes } from "../../format.ts";
import { Lazy } from "../../lazy.tsx";
import { ExecutionRow } from "../../list/execution-row.tsx";
import { StateBadge } from "../../list/state-badge.tsx";
import type { LiveClient } from "../../live-client.ts";
import type { Navigation } from "../../navigation.ts";
import type { NeverStartedProps } from "../../run/never-started.tsx";
import { Counts } from "../../runs/counts.tsx";
import { RunCounts } from "../../runs/run-counts.ts";
import { visibleText } from "../../text/visible-control.ts";
import { frame } from "../../texts/en/frame.ts";
import { head as t } from "../../texts/en/head.ts";
import type { JobPlace } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { ClockNote } from "./clock-note.tsx";
import { Crumbs, LogTitle } from "./log-title.tsx";
import { RunChoice } from "./run-choice.tsx";

export interface JobHeaderProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly feed: LogFeed;
  readonly navigation: Navigation;
  readonly place: JobPlace;
  readonly showOwner: boolean;
  readonly hasFleet: boolean;
}

/** The state of a job's run, or of all its runs, and on demand its executions. */
export function JobHeader({ api, live, feed, navigation, place, showOwner, hasFleet }: JobHeaderProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const executions = feed.sources.map((source) => source.execution);
  const [only] = executions;
  const owner = only?.owner;
  const states = executions.map(({ state }) => state).join();
  const counts = useRunCounts({ api, job: place.job, owner, states });
  const shownRun = counts.runs.find(({ run }) => run === feed.run);
  const known = feed.run === undefined ? sumOf(counts.runs) : shownRun;
  const nowMs = Date.now();
  const lines = executions.reduce((sum, each) => sum + each.lines, 0);
  const bytes = executions.reduce((sum, each) => sum + each.bytes, 0);
  const count = known?.executions ?? executions.length;
  return (
    <header class="log-header">
      <Crumbs navigation={navigation} />
      <LogTitle text={visibleText(place.job)} isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
      <p class="facts">
        <RunChoice counts={counts} navigation={navigation} place={place} run={feed.run} />
        {known === undefined ? null : count === 1 && only !== undefined ? (
          <StateBadge execution={only} />
        ) : (
          <Counts of={known} />
        )}
        {owner !== undefined && showOwner ? <span>{owner}</span> : null}
        <span>
          {frame.executions(count)}
          {feed.isPartial ? t.newestShown(executions.length) : ""}
        </span>
        <span>{frame.lines(lines)}</span>
        <span>{formatBytes(bytes)}</span>
        <ClockNote feed={feed} navigation={navigation} place={place} />
        {feed.isNested ? <Nested /> : null}
        {owner === undefined ? null : (
          <ActionsButton
            api={api}
            live={live}
            navigation={navigation}
            thing={{ job: place.job, run: feed.run, startedAt: shownRun?.startedAt, owner }}
          />
        )}
      </p>
      {!hasFleet || owner === undefined || feed.run === undefined ? null : (
        <Lazy<NeverStartedProps> load={loadNeverStarted} props={{ api, run: feed.run, owner }} waiting={null} />
      )}
      {isOpen ? (
        <ul class="job details">
          {executions.map((execution) => (
            <ExecutionRow
              key={keyOf(execution)}
              execution={execution}
              navigation={navigation}
              nowMs={nowMs}
              showOwner={showOwner}
            />
          ))}
        </ul>
      ) : null}
    </header>
  );
}

async function loadNeverStarted() {
  const { NeverStarted } = await import("../../run/never-started.tsx");
  return NeverStarted;
}

function Nested(): JSX.Element {
  return (
    <span class="quiet" title={t.nestedTitle}>
      {t.nested}
    </span>
  );
}

/** The runs of a job, refetched when a state of those shown changes. */
function useRunCounts(of: { api: ApiClient; job: string; owner: string | undefined; states: string }): RunCounts {
  const { api, job, owner, states } = of;
  const [, countDraw] = useState(0);
  const [counts, setCounts] = useState(() => new RunCounts({ api, job, after, onChange: () => undefined }));
  useEffect(() => {
    const whose = owner === undefined ? {} : { owner };
    const made = new RunCounts({ api, job, ...whose, after, onChange: () => countDraw((count) => count + 1) });
    setCounts(made);
    made.refresh(1);
    return () => made.close();
  }, [api, job, owner]);
  useEffect(() => counts.refresh(1), [counts, states]);
  return counts;
}

/** Undefined if there may be more runs than are known. */
function sumOf(runs: RunCounts["runs"]): StateCounts | undefined {
  if (runs.length === 0 || runs.length >= MOST_SUMMED) return undefined;
  const sum = (state: keyof StateCounts) => runs.reduce((total, run) => total + run[state], 0);
  const states = { running: sum("running"), finished: sum("finished"), failed: sum("failed"), lost: sum("lost") };
  return { executions: sum("executions"), ...states };
}

/** Most runs summed up: the first page. */
const MOST_SUMMED = 500;
