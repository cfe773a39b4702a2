import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Execution, StreamName } from "../../../../src/wire/api.ts";
import { ActionsButton } from "../../actions/actions-button.tsx";
import { type ApiClient, rawLink } from "../../api-client.ts";
import { formatBytes, formatCount } from "../../format.ts";
import { Icon } from "../../icon.tsx";
import { Lazy } from "../../lazy.tsx";
import { Link } from "../../link.tsx";
import { commandLine, describeDuration } from "../../list/execution-row.tsx";
import { StartTime } from "../../list/start-time.tsx";
import { DeliveryNote, StateBadge } from "../../list/state-badge.tsx";
import type { LiveClient } from "../../live-client.ts";
import type { Navigation } from "../../navigation.ts";
import { placeOfRun } from "../../place-of.ts";
import { visibleText } from "../../text/visible-control.ts";
import { frame } from "../../texts/en/frame.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { clockWords } from "./clock-words.ts";
import { loadExecutionDetails } from "./log-parts.ts";
import { Crumbs, LogTitle } from "./log-title.tsx";

interface ExecutionHeaderProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly feed: LogFeed;
  readonly navigation: Navigation;
  /** The stream that is shown and downloaded. */
  readonly stream: StreamName | undefined;
  readonly showOwner: boolean;
}

/** An execution's state and place, and on demand all its details. */
export function ExecutionHeader(props: ExecutionHeaderProps): JSX.Element | null {
  const { api, live, feed, navigation, stream, showOwner } = props;
  const [isOpen, setOpen] = useState(false);
  const execution = feed.sources[0]?.execution;
  if (execution === undefined) return null;
  const { job, x, node, owner, lines, bytes, startedAt, argv } = execution;
  const nowMs = Date.now();
  const command = commandLine(argv);
  return (
    <header class="log-header">
      <Crumbs navigation={navigation}>
        {job === x ? null : (
          <Link navigation={navigation} to={placeOfRun(execution, showOwner)} title="All lines of this run of the job">
            {visibleText(job)}
          </Link>
        )}
      </Crumbs>
      <LogTitle text={command} isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
      <p class="facts">
        <StateBadge execution={execution} />
        <span>{node}</span>
        {showOwner ? <span>{owner}</span> : null}
        <StartTime at={startedAt} nowMs={nowMs} />
        <span title="Duration">{describeDuration(execution, nowMs)}</span>
        <span>{frame.lines(lines)}</span>
        <span title={`${formatCount(bytes)} bytes`}>{formatBytes(bytes)}</span>
        <DeliveryNote execution={execution} />
        <Losses execution={execution} />
        <OtherUser execution={execution} />
        {execution.clockMs === undefined ? null : <span class="quiet">{clockWords(node, execution.clockMs)}</span>}
        {execution.mayBuffer === true ? <MayBuffer /> : null}
        <a class="raw" href={rawLink(execution, { stream })} download>
          <Icon name="download" /> raw{stream === undefined ? "" : ` ${stream}`}
        </a>
        <ActionsButton api={api} live={live} navigation={navigation} thing={{ x, node, owner }} />
      </p>
      {isOpen ? <Lazy load={loadExecutionDetails} props={{ execution }} waiting={null} /> : null}
    </header>
  );
}

/** The execution is filed under a uid that means somebody else there. */
function OtherUser({ execution }: { readonly execution: Execution }): JSX.Element | null {
  const { claimedUser, owner, node } = execution;
  if (claimedUser === undefined) return null;
  const title =
    `The uid of ${claimedUser} on ${node} is that of ${owner} on the collector, so ${owner} sees this execution. ` +
    "Ask an administrator to make the uids equal, or to map this node's users.";
  return (
    <span class="delivery delivery-incomplete" title={visibleText(title)}>
      <Icon name="warning" /> run by {visibleText(claimedUser)} on {node}
    </span>
  );
}

/** Why nothing comes, perhaps, and what helps. */
function MayBuffer(): JSX.Element {
  const title =
    "It computes but has printed nothing for a minute. Many programs gather their output when they write into a pipe: " +
    "mlrun --pty gives them a terminal, stdbuf -oL makes some write line by line.";
  return (
    <span class="quiet" title={title}>
      may be buffering: try --pty
    </span>
  );
}

/** Bytes missing from the lines, on purpose or not: a log says what it omits. */
function Losses({ execution }: { readonly execution: Pick<Execution, "thinned" | "dropped"> }): JSX.Element {
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
