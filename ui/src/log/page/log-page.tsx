import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ApiClient } from "../../api-client.ts";
import { JobBoard } from "../../board/job-board.tsx";
import type { RunBoard } from "../../board/run-board.ts";
import type { LiveClient } from "../../live-client.ts";
import type { Navigation } from "../../navigation.ts";
import { visibleText } from "../../text/visible-control.ts";
import type { ExecutionPlace, JobPlace, LogPlace, TimeMode } from "../../url-state.ts";
import { TIME_MODES } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { Item } from "../feed/log-items.ts";
import { formatTimePosition } from "../feed/log-position.ts";
import { RowFilter } from "../feed/row-filter.ts";
import type { LogControls } from "../view/log-view.tsx";
import { LogView } from "../view/log-view.tsx";
import { useRowLook } from "../view/use-row-look.ts";
import { ExecutionHeader } from "./execution-header.tsx";
import { FilterNote } from "./filter-note.tsx";
import { FollowButton } from "./follow-button.tsx";
import { JobHeader } from "./job-header.tsx";
import { KeyHelp } from "./key-help.tsx";
import { LoadNote } from "./load-note.tsx";
import { LogEmpty } from "./log-empty.tsx";
import type { LogCommand } from "./log-keys.ts";
import { LogToolbar } from "./log-toolbar.tsx";
import { NoLines } from "./no-lines.tsx";
import { useLogFeed } from "./use-log-feed.ts";
import { useLogKeys } from "./use-log-keys.ts";
import { useNarrow } from "./use-narrow.ts";

interface LogPageProps {
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
  const feed = useLogFeed({ api, live, place });
  const isNarrow = useNarrow();
  const wrap = place.wrap ?? isNarrow;
  const time = place.time ?? (isNarrow ? "off" : "local");
  const filter = useMemo(() => new RowFilter(place.stream, place.q), [place.stream, place.q]);
  const adjust = useCallback(
    (changes: Partial<LogPlace>): void => {
      const { place: now } = navigation;
      if (now.view !== "list") navigation.adjust({ ...now, ...changes });
    },
    [navigation],
  );
  const sources = feed?.sources.length ?? 0;
  const look = useRowLook({ feed, place, time, navigation, adjust, showOwner, sources });
  const view = useRef<LogControls | null>(null);
  const [isHelpOpen, setHelpOpen] = useState(false);

  const goToLine = (n: number): void => {
    adjust({ line: n });
    void feed?.goTo({ at: "line", n, align: "third" });
  };
  const obey = (command: LogCommand): void => {
    switch (command.is) {
      case "scroll":
        view.current?.scrollRows(command.rows);
        break;
      case "page":
        view.current?.scrollPages(command.pages);
        break;
      case "start":
        void feed?.goToStart();
        break;
      case "end":
        void feed?.goToEnd();
        break;
      case "goto":
        document.querySelector<HTMLInputElement>("[data-goto]")?.focus();
        break;
      case "wrap":
        adjust({ wrap: !wrap });
        break;
      case "time":
        adjust({ time: nextTimeMode(time) });
        break;
      case "help":
        setHelpOpen(true);
        break;
    }
  };
  useLogKeys(obey);

  const onRest = useCallback(
    (top: Item | undefined): void => {
      const { place: now } = navigation;
      if (now.view === "list") return;
      const at = top === undefined ? "" : now.view === "execution" ? String(top.n) : placeInJob(feed, top);
      if (at !== now.top) navigation.note({ ...now, top: at });
    },
    [navigation, feed],
  );
  const title = titleOf(place, feed?.sources[0]?.execution.command);
  useEffect(() => {
    document.title = visibleText(title);
    return () => {
      document.title = "marcologger";
    };
  }, [title]);

  if (feed === undefined || feed.phase !== "ready") {
    return (
      <LogEmpty feed={feed} navigation={navigation} onRetry={() => void feed?.open(feed.failedAt ?? { at: "end" })} />
    );
  }
  const items = feed.items(filter);
  return (
    <main class="log-page">
      {place.view === "job" ? (
        <JobHeader api={api} feed={feed} navigation={navigation} place={place} showOwner={showOwner} />
      ) : (
        <ExecutionHeader feed={feed} navigation={navigation} stream={place.stream} showOwner={showOwner} />
      )}
      {place.view === "job" && feed.run !== undefined ? (
        <JobBoard
          api={api}
          runBoard={runBoard}
          navigation={navigation}
          place={place}
          run={feed.run}
          owner={place.owner}
          showOwner={showOwner}
        />
      ) : null}
      <LogToolbar
        feed={feed}
        place={place}
        wrap={wrap}
        time={time}
        adjust={adjust}
        onLine={goToLine}
        onHelp={() => setHelpOpen(true)}
        isConnected={isConnected}
        navigation={navigation}
      />
      {filter.isActive ? (
        <FilterNote feed={feed} items={items} onClear={() => adjust({ q: "", stream: undefined })} />
      ) : null}
      <div class="log-frame">
        <LogView
          controls={view}
          feed={feed}
          items={items}
          position={feed.position}
          filter={filter}
          look={look}
          wrap={wrap}
          markedLine={place.line}
          onRest={onRest}
        />
        {items.length === 0 ? <NoLines feed={feed} isFiltered={filter.isActive} /> : null}
        <LoadNote feed={feed} />
        <FollowButton feed={feed} />
      </div>
      <KeyHelp isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </main>
  );
}

function placeInJob(feed: LogFeed | undefined, { time, source, n }: Item): string {
  const x = feed?.sources[source]?.execution.x ?? "";
  return formatTimePosition({ time, x, n });
}

function nextTimeMode(time: TimeMode): TimeMode {
  return TIME_MODES[(TIME_MODES.indexOf(time) + 1) % TIME_MODES.length] ?? "local";
}

function titleOf(place: ExecutionPlace | JobPlace, command: string | undefined): string {
  if (place.view === "job") return `${place.job} · marcologger`;
  return `${command ?? place.x} · marcologger`;
}
