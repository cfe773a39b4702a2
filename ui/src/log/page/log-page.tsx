import type { JSX } from "preact";
import { useCallback, useMemo, useRef, useState } from "preact/hooks";
import type { ApiClient } from "../../api-client.ts";
import type { JobBoardProps } from "../../board/job-board.tsx";
import type { RunBoard } from "../../board/run-board.ts";
import { Lazy } from "../../lazy.tsx";
import type { LiveClient } from "../../live-client.ts";
import type { Navigation } from "../../navigation.ts";
import { usePageTitle } from "../../page-title.ts";
import { Still } from "../../still.tsx";
import type { ExecutionPlace, JobPlace, LogPlace } from "../../url-state.ts";
import { useRedraw } from "../../use-redraw.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { Item } from "../feed/log-items.ts";
import { formatTimePosition } from "../feed/log-position.ts";
import type { LogRow } from "../feed/log-row.ts";
import { NO_FOLDS } from "../feed/trace-folds.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { PageBarProps } from "../find/page-bars.tsx";
import { ticksOf } from "../find/ticks.ts";
import { useFind } from "../find/use-find.ts";
import { useRowFold } from "../fold/use-row-fold.ts";
import { MAX_COLUMNS, useSide } from "../side/use-side.ts";
import type { TimeScale } from "../times/time-scale.ts";
import type { TimeStripProps } from "../times/time-strip.tsx";
import type { LogControls } from "../view/log-view.tsx";
import { LogView } from "../view/log-view.tsx";
import { useRowLook } from "../view/use-row-look.ts";
import { ExecutionHeader } from "./execution-header.tsx";
import { FollowButton } from "./follow-button.tsx";
import { JobHeader } from "./job-header.tsx";
import type { KeyHelpProps } from "./key-help.tsx";
import { LoadNote } from "./load-note.tsx";
import { LogEmpty } from "./log-empty.tsx";
import { KEY_HELP } from "./log-keys.ts";
import {
  loadJobBoard,
  loadKeyHelp,
  loadPageBars,
  loadRowInside,
  loadSelectionBar,
  loadTimeStrip,
} from "./log-parts.ts";
import { LogToolbar } from "./log-toolbar.tsx";
import { NoLines } from "./no-lines.tsx";
import type { RowInsideProps } from "./row-inside.tsx";
import type { SelectionBarProps } from "./selection-bar.tsx";
import { titleOf } from "./title-of.ts";
import { useHeadFolds } from "./use-head-folds.ts";
import { useLogCommands } from "./use-log-commands.ts";
import { useLogFeed } from "./use-log-feed.ts";
import { useNarrow } from "./use-narrow.ts";
import { keepPreferences, storedPreferences } from "./view-preferences.ts";

export interface LogPageProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly place: ExecutionPlace | JobPlace;
  readonly showOwner: boolean;
  readonly runBoard: RunBoard;
  readonly isConnected: boolean;
}

/** The page of an execution's or a job's lines. */
export function LogPage(props: LogPageProps): JSX.Element {
  const { api, live, navigation, place, showOwner, runBoard, isConnected } = props;
  const redraw = useRedraw();
  const feed = useLogFeed({ api, live, place, redraw });
  const isNarrow = useNarrow();
  const preferred = useMemo(() => storedPreferences(), []);
  const wrap = place.wrap ?? preferred.wrap ?? isNarrow;
  const time = place.time ?? preferred.time ?? (isNarrow ? "off" : "local");
  const adjust = useCallback(
    (changes: Partial<LogPlace>): void => {
      const { place: now } = navigation;
      if (changes.wrap !== undefined) keepPreferences({ ...storedPreferences(), wrap: changes.wrap });
      if (changes.time !== undefined) keepPreferences({ ...storedPreferences(), time: changes.time });
      if (now.view !== "list") navigation.adjust({ ...now, ...changes });
    },
    [navigation],
  );
  const sources = feed?.sources.length ?? 0;
  const view = useRef<LogControls | null>(null);
  const found = useFind({ api, feed, place, top: () => view.current?.topItem, redraw });
  const { words, foundIn, matches } = found;
  const step = useRef(found.go);
  step.current = found.go;
  // A list of matches changes in place: what it has opened stands for it.
  const near = useMemo(
    () =>
      matches === undefined
        ? undefined
        : {
            toggle: (row: LogRow) => matches.toggleNear(row),
            isShown: (row: LogRow) => matches.isNearShown(row),
          },
    [matches, matches?.opened],
  );
  const [inside, setInside] = useState<LogRow | undefined>(undefined);
  const opened = useMemo(() => new WeakSet<LogRow>(), [feed]);
  const onOpen = useCallback(
    (row: LogRow): void => {
      opened.add(row);
      redraw();
    },
    [opened, redraw],
  );
  const heads = useHeadFolds({ place, current: found.current, redraw });
  const isFolded = place.view === "job" && place.fold === true && matches === undefined;
  const fold = useRowFold({ feed, gutter: place.view === "job" ? place.gutter : undefined, isWanted: isFolded });
  const side = useSide(feed, place.view === "job" && matches === undefined ? place.side : undefined);
  const onGroup = useCallback(
    (head: LogRow): void => {
      fold?.toggle(head);
      redraw();
    },
    [fold, redraw],
  );
  const look = useRowLook({
    feed,
    place,
    time,
    navigation,
    adjust,
    showOwner,
    sources,
    words,
    foundIn,
    near,
    onOpen,
    onInside: setInside,
    onFold: heads.onFold,
    onGroup,
    sideCells: side?.engine.SideCells,
  });
  const [isHelpOpen, setHelpOpen] = useState(false);

  const shown: ViewedFeed | undefined = matches ?? feed;
  const { goTo, gotoScope } = useLogCommands({
    feed,
    shown,
    view,
    wrap,
    time,
    adjust,
    onStep: found.go,
    onHelp: () => setHelpOpen(true),
  });
  const onRest = useCallback(
    (top: Item | undefined): void => {
      const { place: now } = navigation;
      if (now.view === "list") return;
      const at =
        top === undefined
          ? ""
          : now.view === "execution"
            ? String(top.n)
            : placeInJob(feed, top.kind === "lines" ? (top.side?.head ?? top) : top);
      if (at !== now.top) navigation.note({ ...now, top: at });
    },
    [navigation, feed],
  );
  const [scale, setScale] = useState<TimeScale | undefined>(undefined);
  const onTime = useRef((_: string): void => undefined);
  onTime.current = (at) => void shown?.goTo({ at: "time", time: at, row: undefined });
  const { title, state } = titleOf(place, feed, runBoard.board);
  usePageTitle(title, state);

  if (feed === undefined || shown === undefined || feed.phase !== "ready") {
    return (
      <LogEmpty feed={feed} navigation={navigation} onRetry={() => void feed?.open(feed.failedAt ?? { at: "end" })} />
    );
  }
  const all = matches?.items ?? feed.items();
  const nameOf = (source: number): string => look.labels[source]?.text ?? "";
  const grouped = isFolded && fold !== undefined ? fold.fold(all, { nameOf, sources: feed.sources.length }) : all;
  const mode = place.view === "job" ? place.side : undefined;
  const { items, folds } =
    side !== undefined && mode !== undefined
      ? { items: side.rows.rows(all, { mode, columns: feed.sources.length, nowMs: Date.now() }), folds: NO_FOLDS }
      : isFolded || matches !== undefined
        ? { items: grouped, folds: NO_FOLDS }
        : heads.fold(grouped);
  const ticks = ticksOf(feed, found, scale);
  const second = Math.floor(Date.now() / 1_000);
  const updates = feed.sources.reduce((sum, source) => sum + source.updates, 0);
  return (
    <main class="log-page">
      <Still
        on={[feed, place, showOwner, second, sources, updates]}
        draw={() =>
          place.view === "job" ? (
            <JobHeader api={api} live={live} feed={feed} navigation={navigation} place={place} showOwner={showOwner} />
          ) : (
            <ExecutionHeader
              api={api}
              live={live}
              feed={feed}
              navigation={navigation}
              stream={place.stream}
              showOwner={showOwner}
            />
          )
        }
      />
      <Still
        on={[feed, place, showOwner, feed.run]}
        draw={() =>
          place.view === "job" && feed.run !== undefined ? (
            <Lazy<JobBoardProps>
              load={loadJobBoard}
              props={{ api, runBoard, navigation, place, run: feed.run, owner: place.owner, showOwner }}
              waiting={null}
            />
          ) : null
        }
      />
      <Still
        on={[feed, shown, place, wrap, time, isConnected, sources, feed.isFollowing, feed.isLive]}
        draw={() => (
          <LogToolbar
            feed={feed}
            place={place}
            wrap={wrap}
            time={time}
            adjust={adjust}
            gotoScope={gotoScope}
            onGo={goTo}
            onStep={(direction) => step.current(direction)}
            onHelp={() => setHelpOpen(true)}
            isConnected={isConnected}
            navigation={navigation}
          />
        )}
      />
      <Still
        on={[feed, place, look.time, feed.isLive, feed.run, ticks.length, ticks[0], ticks.at(-1)]}
        draw={() =>
          place.view === "job" && feed.run !== undefined ? (
            <Lazy<TimeStripProps>
              load={loadTimeStrip}
              props={{
                api,
                run: { job: place.job, run: feed.run, owner: place.owner },
                isLive: feed.isLive,
                q: place.q,
                time: look.time,
                ticks,
                adjust,
                onGo: (at) => onTime.current(at),
                onScale: setScale,
              }}
              waiting={null}
            />
          ) : null
        }
      />
      {found.find.request === undefined && found.filter.request === undefined ? null : (
        <Lazy<PageBarProps> load={loadPageBars} props={{ feed, found, place, adjust }} waiting={null} />
      )}
      {side === undefined ? null : (
        <side.engine.SideHeader labels={look.labels} hasTime={look.time.format(SOME_TIME) !== ""} />
      )}
      {mode !== undefined && feed.sources.length > MAX_COLUMNS ? (
        <p class="notice">
          Side by side takes at most {MAX_COLUMNS} executions: choose some on the board, with Ctrl-click.
        </p>
      ) : null}
      <div class="log-frame" style={{ "--columns": String(feed.sources.length) }}>
        <LogView
          key={matches === undefined ? "log" : "matches"}
          controls={view}
          feed={shown}
          items={items}
          position={shown.position}
          current={found.current}
          ticks={ticks}
          scale={scale}
          look={look}
          wrap={wrap}
          marked={[place.line, Math.max(place.line, place.lineTo)]}
          opened={opened}
          folds={folds}
          onRest={onRest}
        />
        {items.length === 0 ? <NoLines feed={feed} matches={matches} /> : null}
        <LoadNote feed={shown} />
        <FollowButton feed={shown} />
        {place.view === "execution" && place.line > 0 ? (
          <Lazy<SelectionBarProps>
            load={loadSelectionBar}
            props={{ api, feed, place, time: look.time, onClear: () => adjust({ line: 0, lineTo: 0 }) }}
            waiting={null}
          />
        ) : null}
      </div>
      <Still
        on={[inside, place.q, adjust]}
        draw={() =>
          inside === undefined ? null : (
            <Lazy<RowInsideProps>
              load={loadRowInside}
              props={{ row: inside, q: place.q, adjust, onClose: () => setInside(undefined) }}
              waiting={null}
            />
          )
        }
      />
      {isHelpOpen ? (
        <Lazy<KeyHelpProps>
          load={loadKeyHelp}
          props={{ isOpen: true, keys: KEY_HELP, onClose: () => setHelpOpen(false) }}
          waiting={null}
        />
      ) : null}
    </main>
  );
}

/** As on the wire. */
const SOME_TIME = "2026-01-01T00:00:00.000000Z";

function placeInJob(feed: LogFeed | undefined, { time, source, n }: Item): string {
  const x = feed?.sources[source]?.execution.x ?? "";
  return formatTimePosition({ time, x, n });
}
