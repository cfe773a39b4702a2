import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { keyOf } from "../execution-key.ts";
import { formatCount } from "../format.ts";
import { Icon } from "../icon.tsx";
import { Link } from "../link.tsx";
import type { Navigation } from "../navigation.ts";
import { placeOfJob } from "../place-of.ts";
import { visibleText } from "../text/visible-control.ts";
import { ExecutionRow } from "./execution-row.tsx";
import type { JobGroup } from "./group-jobs.ts";

interface JobSectionProps {
  readonly group: JobGroup;
  readonly navigation: Navigation;
  readonly nowMs: number;
  readonly showOwner: boolean;
}

/** Rows of a job shown before the reader expands it. */
const FIRST_ROWS = 12;

/** A job: its heading and its executions. A job of one execution that names itself needs no heading. */
export function JobSection({ group, navigation, nowMs, showOwner }: JobSectionProps): JSX.Element {
  const [open, setOpen] = useState(true);
  const [all, setAll] = useState(false);
  const { executions, job } = group;
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
        <Link navigation={navigation} to={placeOfJob(group, showOwner)} title="All lines of this job">
          {name}
        </Link>
        <JobCounts group={group} />
      </h2>
      {open ? <ul>{rows}</ul> : null}
      {open && hidden > 0 ? (
        <button type="button" class="plain more-rows" onClick={() => setAll(true)}>
          Show {formatCount(hidden)} more
        </button>
      ) : null}
    </section>
  );
}

export function JobCounts({ group }: { readonly group: JobGroup }): JSX.Element {
  const states = (["running", "failed", "lost", "finished"] as const).filter((state) => group[state] > 0);
  return (
    <span class="job-counts">
      {states.map((state) => (
        <span key={state} class={`state state-${state}`}>
          <Icon name={state} />
          {formatCount(group[state])} {state}
        </span>
      ))}
    </span>
  );
}
