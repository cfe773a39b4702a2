import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { keyOf } from "../../execution-key.ts";
import { formatBytes, formatCount, formatLines } from "../../format.ts";
import { ExecutionRow } from "../../list/execution-row.tsx";
import { groupJobs } from "../../list/group-jobs.ts";
import { JobCounts } from "../../list/job-section.tsx";
import type { Navigation } from "../../navigation.ts";
import { visibleText } from "../../text/visible-control.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { Crumbs, LogTitle } from "./log-title.tsx";

interface JobHeaderProps {
  readonly feed: LogFeed;
  readonly navigation: Navigation;
  readonly job: string;
  readonly showOwner: boolean;
}

/** A job's overall state, and on demand its executions. */
export function JobHeader({ feed, navigation, job, showOwner }: JobHeaderProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const executions = feed.sources.map((source) => source.execution);
  const group = groupJobs(executions)[0];
  const nowMs = Date.now();
  const lines = executions.reduce((sum, each) => sum + each.lines, 0);
  const bytes = executions.reduce((sum, each) => sum + each.bytes, 0);
  return (
    <header class="log-header">
      <Crumbs navigation={navigation} />
      <LogTitle text={visibleText(job)} isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
      <p class="facts">
        {group === undefined ? null : <JobCounts group={group} />}
        {group !== undefined && showOwner ? <span>{group.owner}</span> : null}
        <span>
          {formatCount(executions.length)}
          {feed.isPartial ? " newest" : ""} {executions.length === 1 ? "execution" : "executions"}
        </span>
        <span>{formatLines(lines)}</span>
        <span>{formatBytes(bytes)}</span>
      </p>
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
