import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Lazy } from "../../lazy.tsx";
import { usePageTitle } from "../../page-title.ts";
import { Still } from "../../still.tsx";
import { frame } from "../../texts/en/frame.ts";
import { log as t } from "../../texts/en/log.ts";
import { useRedraw } from "../../use-redraw.ts";
import type { LogRow } from "../feed/log-row.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { PageBarProps } from "../find/page-bars.tsx";
import { ticksOf } from "../find/ticks.ts";
import { useFind } from "../find/use-find.ts";
import { MAX_COLUMNS } from "../side/use-side.ts";
import type { TimeScale } from "../times/time-scale.ts";
import type { LogControls } from "../view/log-view.tsx";
import { LogView } from "../view/log-view.tsx";
import { markedLines } from "../view/marked-lines.ts";
import { useRowLook } from "../view/use-row-look.ts";
import { useTerminal } from "../view/use-terminal.ts";
import { FollowButton } from "./follow-button.tsx";
import { LoadNote } from "./load-note.tsx";
import type { LogEmptyProps } from "./log-empty.tsx";
import { LogHead } from "./log-head.tsx";
import type { LogKeyHelpProps } from "./log-key-help.tsx";
import type { LogPageProps } from "./log-page-props.ts";
import {
  loadExecutionHeader,
  loadJobHeader,
  loadKeyHelp,
  loadLogEmpty,
  loadPageBars,
  loadRowInside,
  loadSelectionBar,
} from "./log-parts.ts";
import { NewLines } from "./new-lines.tsx";
import { NoLines } from "./no-lines.tsx";
import { NoLinesYet } from "./no-lines-yet.tsx";
import type { RowInsideProps } from "./row-inside.tsx";
import type { SelectionBarProps } from "./selection-bar.tsx";
import { titleOf } from "./title-of.ts";
import { useLogCommands } from "./use-log-commands.ts";
import { useLogFeed } from "./use-log-feed.ts";
import { useNarrow } from "./use-narrow.ts";
import { useReading } from "./use-reading.ts";
import { useRestPlace } from "./use-rest-place.ts";
import { useShownItems } from "./use-shown-items.ts";
import { useViewChoices } from "./use-view-choices.ts";

/** The page of an execution's or a job's lines. */
export function LogPage(props: LogPageProps): JSX.Element {
  const { api, live, navigation, place, runBoard } = props;
  const redraws = useRedraw();
  const { redraw } = redraws;
  const feed = useLogFeed({ api, live, place, redraws });
  useEffect(() => {
    // Loads the header along with the first lines; a failure is shown in its place.
    void (place.view === "job" ? loadJobHeader() : loadExecutionHeader()).catch(() => undefined);
  }, [place.view]);
  const isNarrow = useNarrow();
  const { isReading, onMove } = useReading(isNarrow);
  const { wrap, time, gutter, adjust, onGutter } = useViewChoices({ navigation, place, feed, isNarrow });
  const sources = feed?.sources.length ?? 0;
  const view = useRef<LogControls | null>(null);
  const found = useFind({ api, feed, place, top: () => view.current?.topItem, redraw });
  const { words, foundIn, matches } = found;
  const step = useRef(found.go);
  step.current = found.go;
  // A list of matches changes in place, so its count of opened matches represents it.
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
  const marked = markedLines(place, feed?.sources ?? []);
  const rows = useShownItems({ feed, place, marked, gutter, found, redraw });
  const { side } = rows;
  const { part: terminal, isLost } = useTerminal();
  const look = useRowLook({
    feed,
    place,
    time,
    gutter,
    navigation,
    adjust,
    sources,
    terminal,
    words,
    foundIn,
    near,
    onOpen,
    onInside: setInside,
    onFold: rows.onFold,
    onGroup: rows.onGroup,
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
    onMark: (isRange) => {
      const item = view.current?.pointedItem;
      if (item?.kind === "lines") look.onMark(item, isRange);
    },
  });
  const onRest = useRestPlace(navigation, feed);
  const [scale, setScale] = useState<TimeScale | undefined>(undefined);
  const onTime = useRef((_: string): void => undefined);
  onTime.current = (at) => void shown?.goTo({ at: "time", time: at, row: undefined });
  const { title, state } = titleOf(place, feed, runBoard.board);
  usePageTitle(title, state);

  const ticks = feed?.isReady === true ? ticksOf(feed, found, scale) : [];
  const head =
    feed === undefined || shown === undefined ? null : (
      <LogHead
        {...props}
        feed={feed}
        shown={shown}
        wrap={wrap}
        time={time}
        lineTime={look.time}
        ticks={ticks}
        gutter={gutter}
        onGutter={onGutter}
        adjust={adjust}
        gotoScope={gotoScope}
        goTo={goTo}
        onStep={(direction) => step.current(direction)}
        onHelp={() => setHelpOpen(true)}
        onTime={(at) => onTime.current(at)}
        onScale={setScale}
      />
    );
  if (feed === undefined || shown === undefined || feed.phase === "loading") {
    // The head stays the same element when the lines arrive: what has the focus in it keeps it.
    return (
      <main class="log-page" aria-busy="true">
        {head}
        <NoLinesYet />
      </main>
    );
  }
  if (feed.phase !== "ready") {
    return (
      <Lazy<LogEmptyProps>
        load={loadLogEmpty}
        props={{ feed, navigation, onRetry: () => void feed.open(feed.failedAt ?? { at: "end" }) }}
        waiting={null}
      />
    );
  }
  const { items, folds } = rows.of(feed, look.labels);
  return (
    <main class={isReading ? "log-page reading" : "log-page"}>
      {head}
      {found.find.request === undefined && found.filter.request === undefined ? null : (
        <Lazy<PageBarProps> load={loadPageBars} props={{ feed, found, place, adjust }} waiting={null} />
      )}
      {found.isLost || rows.isLost || isLost ? (
        <p class="notice" role="alert">
          {frame.partFailed}
        </p>
      ) : null}
      {side === undefined ? null : (
        <side.engine.SideHeader labels={look.labels} hasTime={look.time.format(SOME_TIME) !== ""} />
      )}
      {place.view === "job" && place.side !== undefined && feed.sources.length > MAX_COLUMNS ? (
        <p class="notice">{t.tooManyColumns(MAX_COLUMNS)}</p>
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
          marked={marked}
          opened={opened}
          folds={folds}
          onMove={onMove}
          onRest={onRest}
        />
        {items.length === 0 ? <NoLines feed={feed} matches={matches} /> : null}
        <LoadNote feed={shown} />
        <FollowButton feed={shown} />
        <NewLines feed={feed} />
        {marked.to > 0 ? (
          <Lazy<SelectionBarProps>
            load={loadSelectionBar}
            props={{
              ...props,
              marked,
              source: feed.sources[marked.source],
              time: look.time,
              onClear: () => adjust({ line: 0, lineTo: 0, mark: "" }),
            }}
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
        <Lazy<LogKeyHelpProps> load={loadKeyHelp} props={{ onClose: () => setHelpOpen(false) }} waiting={null} />
      ) : null}
    </main>
  );
}

/** Any time, as on the wire. */
const SOME_TIME = "2026-01-01T00:00:00.000000Z";
