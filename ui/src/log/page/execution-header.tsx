import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Execution } from "../../../../src/wire/api.ts";
import type { StreamName } from "../../../../src/wire/stream-name.ts";
import { ActionsButton } from "../../actions/actions-button.tsx";
import { type ApiClient, rawLink } from "../../api-client.ts";
import { placeWords } from "../../board/board-order.ts";
import { formatBytes, formatCount } from "../../format.ts";
import { Icon } from "../../icon.tsx";
import { Lazy } from "../../lazy.tsx";
import { Link } from "../../link.tsx";
import { commandLine, describeDuration } from "../../list/execution-words.ts";
import { StartTime } from "../../list/start-time.tsx";
import { DeliveryNote, StateBadge } from "../../list/state-badge.tsx";
import type { LiveClient } from "../../live-client.ts";
import type { Navigation } from "../../navigation.ts";
import { placeOfRun } from "../../place-of.ts";
import { visibleText } from "../../text/visible-control.ts";
import { frame } from "../../texts/en/frame.ts";
import { head as t } from "../../texts/en/head.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { clockWords } from "./clock-words.ts";
import { loadExecutionDetails } from "./log-parts.ts";
import { Crumbs, LogTitle } from "./log-title.tsx";

export interface ExecutionHeaderProps {
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
  const { job, x, node, owner, labels, lines, bytes, startedAt, argv } = execution;
  const nowMs = Date.now();
  const command = commandLine(argv);
  return (
    <header class="log-header">
      <Crumbs navigation={navigation}>
        {job === x ? null : (
          <Link navigation={navigation} to={placeOfRun(execution, showOwner)} title={frame.allOfRun}>
            {visibleText(job)}
          </Link>
        )}
      </Crumbs>
      <LogTitle text={command} isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
      <p class="facts">
        <StateBadge execution={execution} />
        <span>{placeWords({ node, rank: labels["rank"] })}</span>
        {showOwner ? <span>{owner}</span> : null}
        <StartTime at={startedAt} nowMs={nowMs} />
        <span title={frame.duration}>{describeDuration(execution, nowMs)}</span>
        <span>{frame.lines(lines)}</span>
        <span title={t.bytes(formatCount(bytes))}>{formatBytes(bytes)}</span>
        <DeliveryNote execution={execution} />
        <Losses execution={execution} />
        <OtherUser execution={execution} />
        {execution.clockMs === undefined ? null : <span class="quiet">{clockWords(node, execution.clockMs)}</span>}
        {execution.mayBuffer === true ? <MayBuffer /> : null}
        <a class="raw" href={rawLink(execution, { stream })} download>
          <Icon name="download" /> {t.raw}
          {stream === undefined ? "" : ` ${stream}`}
        </a>
        <ActionsButton api={api} live={live} navigation={navigation} thing={{ x, node, owner }} />
      </p>
      {isOpen ? <Lazy load={loadExecutionDetails} props={{ execution }} waiting={null} /> : null}
    </header>
  );
}

/** Notes that the execution's uid means a different user on its node. */
function OtherUser({ execution }: { readonly execution: Execution }): JSX.Element | null {
  const { claimedUser, owner, node } = execution;
  if (claimedUser === undefined) return null;
  const title = t.runByTitle(claimedUser, node, owner);
  return (
    <span class="delivery delivery-incomplete" title={visibleText(title)}>
      <Icon name="warning" /> {t.runBy(visibleText(claimedUser), node)}
    </span>
  );
}

/** Notes a possible reason for missing output, and a remedy. */
function MayBuffer(): JSX.Element {
  return (
    <span class="quiet" title={t.mayBufferTitle}>
      {t.mayBuffer}
    </span>
  );
}

/** Bytes missing from the lines, on purpose or not. */
function Losses({ execution }: { readonly execution: Pick<Execution, "thinned" | "dropped"> }): JSX.Element {
  const { thinned, dropped } = execution;
  return (
    <>
      {dropped === 0 ? null : (
        <span class="delivery delivery-incomplete" title={t.droppedTitle}>
          <Icon name="warning" /> {t.dropped(formatBytes(dropped))}
        </span>
      )}
      {thinned === 0 ? null : (
        <span class="quiet" title={t.thinnedTitle}>
          {t.thinned(formatBytes(thinned))}
        </span>
      )}
    </>
  );
}
