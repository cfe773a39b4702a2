import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RunSummary, StateCounts } from "../../../src/wire/runs.ts";
import { keyOf } from "../execution-key.ts";
import { formatCount } from "../format.ts";
import { Icon } from "../icon.tsx";
import { Link } from "../link.tsx";
import type { Navigation } from "../navigation.ts";
import { placeOfRun } from "../place-of.ts";
import { RunName } from "../runs/run-name.tsx";
import { visibleText } from "../text/visible-control.ts";
import { ExecutionRow } from "./execution-row.tsx";
import type { RunGroup } from "./group-runs.ts";

interface RunSectionProps {
  readonly group: RunGroup;
  /** As the collector knows it; undefined before it has answered. */
  readonly summary: RunSummary | undefined;
  readonly navigation: Navigation;
  readonly nowMs: number;
  readonly showOwner: boolean;
}

/** Rows of a run shown before the reader expands it. */
const FIRST_ROWS = 12;

/** A run of a job: its heading and its executions. A job of one execution that names itself needs no heading. */
export function RunSection({ group, summary, navigation, nowMs, showOwner }: RunSectionProps): JSX.Element {
  const [open, setOpen] = useState(true);
  const [all, setAll] = useState(false);
  const { executions, job, run } = group;
  const name = visibleText(job);
  const rows = (all ? executions : executions.slice(0, FIRST_ROWS)).map((execution) => (
    <ExecutionRow
      key={keyOf(execution)}
      execution={execution}
      navigation={navigation}
      nowMs={nowMs}
      showOwner={showOwner}
    />
  ));
  if (executions.length === 1 && executions[0]?.x === job) return <ul class="job single">{rows}</ul>;
  const hidden = executions.length - rows.length;
  return (
    <section class="job" aria-label={`Job ${name}`}>
      <h2 class="job-heading">
        <button
          type="button"
          class="plain icon-only"
          aria-expanded={open}
          aria-label={`${open ? "Hide" : "Show"} executions of ${name}`}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? "open" : "closed"} />
        </button>
        <Link navigation={navigation} to={placeOfRun(group, showOwner)} title="All lines of this run of the job">
          {name}
        </Link>
        <RunName run={run} startedAt={summary?.startedAt ?? executions.at(-1)?.startedAt ?? ""} />
        {summary === undefined ? null : <Counts of={summary} />}
      </h2>
      {open ? <ul>{rows}</ul> : null}
      {open && summary !== undefined && summary.executions > executions.length ? (
        <p class="quiet not-listed">
          {formatCount(executions.length)} of {formatCount(summary.executions)} executions are listed
        </p>
      ) : null}
      {open && hidden > 0 ? (
        <button type="button" class="plain more-rows" onClick={() => setAll(true)}>
          Show {formatCount(hidden)} more
        </button>
      ) : null}
    </section>
  );
}

/** How many executions are in each state. */
export function Counts({ of }: { readonly of: StateCounts }): JSX.Element {
  const states = (["running", "failed", "lost", "finished"] as const).filter((state) => of[state] > 0);
  return (
    <span class="job-counts">
      {states.map((state) => (
        <span key={state} class={`state state-${state}`}>
          <Icon name={state} />
          {formatCount(of[state])} {state}
        </span>
      ))}
    </span>
  );
}
