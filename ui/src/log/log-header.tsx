import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { rawLink } from "../api-client.ts";
import { formatBytes, formatCount, formatDuration, formatLines } from "../format.ts";
import { Icon } from "../icon.tsx";
import { Link } from "../link.tsx";
import { commandLine, durationMs, ExecutionRow } from "../list/execution-row.tsx";
import { groupJobs } from "../list/group-jobs.ts";
import { JobCounts } from "../list/job-section.tsx";
import { StartTime } from "../list/start-time.tsx";
import { DeliveryNote, StateBadge } from "../list/state-badge.tsx";
import type { Navigation } from "../navigation.ts";
import type { ExecutionPlace, JobPlace } from "../url-state.ts";
import { LIST, LOG_DEFAULTS } from "../url-state.ts";
import type { LogFeed } from "./log-feed.ts";

interface LogHeaderProps {
  readonly feed: LogFeed;
  readonly navigation: Navigation;
  readonly place: ExecutionPlace | JobPlace;
}

/** What is being looked at: where it belongs, how it is, how much there is of it. */
export function LogHeader({ feed, navigation, place }: LogHeaderProps): JSX.Element {
  return place.view === "job" ? (
    <JobHeader feed={feed} navigation={navigation} job={place.job} />
  ) : (
    <ExecutionHeader feed={feed} navigation={navigation} place={place} />
  );
}

function ExecutionHeader({ feed, navigation, place }: LogHeaderProps): JSX.Element | null {
  const [isOpen, setOpen] = useState(false);
  const execution = feed.sources[0]?.execution;
  if (execution === undefined) return null;
  const { job, x, node, lines, bytes, startedAt, argv } = execution;
  const nowMs = Date.now();
  const command = commandLine(argv);
  return (
    <header class="log-header">
      <Crumbs navigation={navigation}>
        {job === x ? null : (
          <Link
            navigation={navigation}
            to={{ view: "job", job, node: "", ...LOG_DEFAULTS }}
            title="All lines of this job"
          >
            {job}
          </Link>
        )}
      </Crumbs>
      <button
        type="button"
        class="log-command"
        aria-expanded={isOpen}
        title={isOpen ? "Hide details" : "Show details"}
        onClick={() => setOpen(!isOpen)}
      >
        <h1>{command}</h1>
        <Icon name={isOpen ? "open" : "closed"} />
      </button>
      <p class="facts">
        <StateBadge execution={execution} />
        <span>{node}</span>
        <StartTime at={startedAt} nowMs={nowMs} />
        <span title="Duration">{formatDuration(durationMs(execution, nowMs))}</span>
        <span>{formatLines(lines)}</span>
        <span title={`${formatCount(bytes)} bytes`}>{formatBytes(bytes)}</span>
        <DeliveryNote execution={execution} />
        <Losses execution={execution} />
        <a class="raw" href={rawLink(execution, place.stream)} download>
          <Icon name="download" /> raw{place.stream === undefined ? "" : ` ${place.stream}`}
        </a>
      </p>
      {isOpen ? <ExecutionDetails feed={feed} /> : null}
    </header>
  );
}

/** Bytes that are not among the lines, on purpose or not: a log says what it leaves out. */
function Losses({
  execution,
}: {
  readonly execution: { readonly thinned: number; readonly dropped: number };
}): JSX.Element {
  const { thinned, dropped } = execution;
  return (
    <>
      {dropped === 0 ? null : (
        <span class="delivery delivery-incomplete" title="mlrun had to drop these bytes: its spool was full">
          <Icon name="warning" /> {formatBytes(dropped)} dropped
        </span>
      )}
      {thinned === 0 ? null : (
        <span
          class="quiet"
          title="States of progress bars that were redrawn faster than one can see (mlrun --raw keeps them)"
        >
          {formatBytes(thinned)} of redraws thinned
        </span>
      )}
    </>
  );
}

function ExecutionDetails({ feed }: { readonly feed: LogFeed }): JSX.Element | null {
  const execution = feed.sources[0]?.execution;
  if (execution === undefined) return null;
  const { x, owner, argv, labels, startedAt, endedAt } = execution;
  const facts: [string, string][] = [
    ["Id", x],
    ["Owner", owner],
    ["Started", startedAt],
    ...(endedAt === null ? [] : [["Ended", endedAt] satisfies [string, string]]),
    ...Object.entries(labels),
  ];
  return (
    <div class="details">
      <ol class="argv" aria-label="Arguments">
        {argv.map((word, index) => (
          <li key={index}>{word}</li>
        ))}
      </ol>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function JobHeader({
  feed,
  navigation,
  job,
}: Pick<LogHeaderProps, "feed" | "navigation"> & { job: string }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const executions = feed.sources.map((source) => source.execution);
  const group = groupJobs(executions)[0];
  const nowMs = Date.now();
  const lines = executions.reduce((sum, each) => sum + each.lines, 0);
  const bytes = executions.reduce((sum, each) => sum + each.bytes, 0);
  return (
    <header class="log-header">
      <Crumbs navigation={navigation} />
      <button type="button" class="log-command" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <h1>{job}</h1>
        <Icon name={isOpen ? "open" : "closed"} />
      </button>
      <p class="facts">
        {group === undefined ? null : <JobCounts group={group} />}
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
              key={execution.x + execution.node}
              execution={execution}
              navigation={navigation}
              nowMs={nowMs}
              showOwner={false}
            />
          ))}
        </ul>
      ) : null}
    </header>
  );
}

function Crumbs({ navigation, children }: { navigation: Navigation; children?: ComponentChildren }): JSX.Element {
  return (
    <nav class="crumbs" aria-label="Where this belongs">
      <Link navigation={navigation} to={LIST}>
        Executions
      </Link>
      {children}
    </nav>
  );
}
