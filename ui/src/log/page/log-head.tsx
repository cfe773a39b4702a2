import type { JSX } from "preact";
import type { JobBoardProps } from "../../board/job-board.tsx";
import { Lazy } from "../../lazy.tsx";
import { Still } from "../../still.tsx";
import type { LogPlace, TimeMode } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { Direction } from "../find/direction.ts";
import type { TimeScale } from "../times/time-scale.ts";
import type { TimeStripProps } from "../times/time-strip.tsx";
import type { LineTime } from "../view/line-time.ts";
import type { ExecutionHeaderProps } from "./execution-header.tsx";
import type { JobHeaderProps } from "./job-header.tsx";
import type { LogPageProps } from "./log-page-props.ts";
import { loadExecutionHeader, loadJobBoard, loadJobHeader, loadTimeStrip } from "./log-parts.ts";
import { LogToolbar } from "./log-toolbar.tsx";
import type { LogCommands } from "./use-log-commands.ts";

const NO_HEADER = <header class="log-header" aria-busy="true" />;

interface LogHeadProps extends LogPageProps, LogCommands {
  readonly feed: LogFeed;
  /** The log's own lines, or its matches. */
  readonly shown: ViewedFeed;
  readonly wrap: boolean;
  readonly time: TimeMode;
  readonly lineTime: LineTime;
  readonly ticks: readonly number[];
  /** The label beside the lines; undefined: the node. */
  readonly gutter: string | undefined;
  readonly onGutter: (label: string | undefined) => void;
  readonly adjust: (changes: Partial<LogPlace>) => void;
  readonly onStep: (direction: Direction) => void;
  readonly onHelp: () => void;
  readonly onTime: (at: string) => void;
  readonly onScale: (scale: TimeScale | undefined) => void;
}

/**
 * The parts above the lines: the page draws many times a second, these only when what they show changes. Until lines
 * are loaded, only the toolbar.
 */
export function LogHead(props: LogHeadProps): JSX.Element {
  const { api, live, navigation, place, showOwner, hasFleet, runBoard, isConnected } = props;
  const {
    feed,
    shown,
    wrap,
    time,
    lineTime,
    ticks,
    gutter,
    onGutter,
    adjust,
    gotoScope,
    goTo,
    onStep,
    onHelp,
    onTime,
    onScale,
  } = props;
  const { isReady } = feed;
  const { length } = feed.sources;
  const second = Math.floor(Date.now() / 1_000);
  const updates = feed.sources.reduce((sum, source) => sum + source.updates, 0);
  return (
    <div class="log-head">
      <Still
        on={[feed, isReady, place, showOwner, second, length, updates]}
        draw={() =>
          !isReady ? (
            NO_HEADER
          ) : place.view === "job" ? (
            <Lazy<JobHeaderProps>
              load={loadJobHeader}
              props={{ api, live, feed, navigation, place, showOwner, hasFleet }}
              waiting={NO_HEADER}
            />
          ) : (
            <Lazy<ExecutionHeaderProps>
              load={loadExecutionHeader}
              props={{ api, live, feed, navigation, stream: place.stream, showOwner }}
              waiting={NO_HEADER}
            />
          )
        }
      />
      <Still
        on={[feed, isReady, place, showOwner, feed.run]}
        draw={() =>
          isReady && place.view === "job" && feed.run !== undefined ? (
            <Lazy<JobBoardProps>
              load={loadJobBoard}
              props={{ api, runBoard, navigation, place, run: feed.run, owner: place.owner, showOwner }}
              waiting={null}
            />
          ) : null
        }
      />
      <Still
        on={[feed, shown, place, wrap, time, gutter, isConnected, length, feed.isFollowing, feed.isLive]}
        draw={() => (
          <LogToolbar
            feed={feed}
            place={place}
            wrap={wrap}
            time={time}
            gutter={gutter}
            onGutter={onGutter}
            adjust={adjust}
            gotoScope={gotoScope}
            onGo={goTo}
            onStep={onStep}
            onHelp={onHelp}
            isConnected={isConnected}
            navigation={navigation}
          />
        )}
      />
      <Still
        on={[feed, isReady, place, lineTime, feed.isLive, feed.run, ticks.length, ticks[0], ticks.at(-1)]}
        draw={() =>
          isReady && place.view === "job" && feed.run !== undefined ? (
            <Lazy<TimeStripProps>
              load={loadTimeStrip}
              props={{
                api,
                run: { job: place.job, run: feed.run, owner: place.owner },
                isLive: feed.isLive,
                q: place.q,
                time: lineTime,
                ticks,
                adjust,
                onGo: onTime,
                onScale,
              }}
              waiting={null}
            />
          ) : null
        }
      />
    </div>
  );
}
