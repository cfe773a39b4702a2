import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { keyOf } from "../execution-key.ts";
import { formatCount } from "../format.ts";
import { Icon } from "../icon.tsx";
import { Link } from "../link.tsx";
import type { Navigation } from "../navigation.ts";
import { placeOfRun } from "../place-of.ts";
import { Counts } from "../runs/counts.tsx";
import { RunName, runWords } from "../runs/run-name.tsx";
import { visibleText } from "../text/visible-control.ts";
import { frame } from "../texts/en/frame.ts";
import { list } from "../texts/en/list.ts";
import { ExecutionRow } from "./execution-row.tsx";
import type { Glances } from "./glances.ts";
import type { ListRow } from "./list-rows.ts";
import { RunFacts, StateBar } from "./run-facts.tsx";
import { RunLabels } from "./run-labels.tsx";
import { useInView } from "./use-in-view.ts";

interface RunSectionProps {
  readonly row: ListRow;
  /** Whether a filter is active, so that the run's executions are shown. */
  readonly isFiltered: boolean;
  readonly glances: Glances | undefined;
  readonly navigation: Navigation;
  readonly nowMs: number;
  readonly showOwner: boolean;
}

/** Rows of a run shown before the reader expands it. */
const FIRST_ROWS = 12;

/** A run of a job as one row, with its executions on demand. One execution that names itself is a row of its own. */
export function RunSection({ row, isFiltered, glances, navigation, nowMs, showOwner }: RunSectionProps): JSX.Element {
  const { executions, job, run, summary } = row;
  const [toggled, setToggled] = useState<boolean | undefined>(undefined);
  const [all, setAll] = useState(false);
  const [section, isInView] = useInView<HTMLElement>();
  const isRunning = (summary?.running ?? 0) > 0;
  useEffect(
    () => (isInView ? glances?.want(row, isRunning) : undefined),
    [glances, isInView, isRunning, row.owner, job, run],
  );
  const name = visibleText(job);
  const open = toggled ?? isFiltered;
  const rows = (all ? executions : executions.slice(0, FIRST_ROWS)).map((execution) => (
    <ExecutionRow
      key={keyOf(execution)}
      execution={execution}
      navigation={navigation}
      nowMs={nowMs}
      showOwner={showOwner}
    />
  ));
  if (executions.length === 1 && executions[0]?.x === job) {
    return (
      <ul class="job single" data-row="">
        {rows}
      </ul>
    );
  }
  const hidden = executions.length - rows.length;
  // Runs of one job stand beside each other.
  const startedAt = summary?.startedAt ?? executions.at(-1)?.startedAt ?? "";
  const label = `${list.job(name)}, ${visibleText(runWords({ run, startedAt }))}`;
  return (
    <section ref={section} class="job" aria-label={label} data-row="">
      <h2 class="job-heading">
        <button
          type="button"
          class="plain icon-only"
          aria-expanded={open}
          aria-label={open ? list.hide(name) : list.show(name)}
          disabled={executions.length === 0}
          onClick={() => setToggled(!open)}
        >
          <Icon name={open ? "open" : "closed"} />
        </button>
        {summary === undefined ? <span class="state-bar" /> : <StateBar of={summary} />}
        <Link navigation={navigation} to={placeOfRun(row, showOwner)} title={frame.allOfRun}>
          {name}
        </Link>
        <RunName run={run} startedAt={startedAt} />
        {showOwner ? <span class="owner">{row.owner}</span> : null}
        <RunLabels executions={executions} />
        {summary === undefined ? null : <Counts of={summary} />}
        {summary === undefined ? null : <RunFacts summary={summary} known={glances?.of(row)} nowMs={nowMs} />}
      </h2>
      {open ? <ul>{rows}</ul> : null}
      {open && summary !== undefined && summary.executions > executions.length ? (
        <p class="quiet not-listed">{list.listed(formatCount(executions.length), formatCount(summary.executions))}</p>
      ) : null}
      {open && hidden > 0 ? (
        <button type="button" class="plain more-rows" onClick={() => setAll(true)}>
          {list.more(formatCount(hidden))}
        </button>
      ) : null}
    </section>
  );
}
