import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient } from "../live-client.ts";
import type { Navigation } from "../navigation.ts";
import type { ExecutionPlace, JobPlace, LogPlace, TimeMode } from "../url-state.ts";
import { TIME_MODES } from "../url-state.ts";
import { FilterNote } from "./filter-note.tsx";
import { FollowButton } from "./follow-button.tsx";
import { KeyHelp } from "./key-help.tsx";
import { LogEmpty } from "./log-empty.tsx";
import { LogHeader } from "./log-header.tsx";
import type { Item } from "./log-items.ts";
import type { LogCommand } from "./log-keys.ts";
import { LogToolbar } from "./log-toolbar.tsx";
import type { LogControls } from "./log-view.tsx";
import { LogView } from "./log-view.tsx";
import { NoLines } from "./no-lines.tsx";
import { RowFilter } from "./row-filter.ts";
import { useLogFeed } from "./use-log-feed.ts";
import { useLogKeys } from "./use-log-keys.ts";
import { useNarrow } from "./use-narrow.ts";
import { useRowLook } from "./use-row-look.ts";

interface LogPageProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly place: ExecutionPlace | JobPlace;
}

/** The lines of an execution or a job, with all that one can do to them. */
export function LogPage({ api, live, navigation, place }: LogPageProps): JSX.Element {
  const [feed, revision] = useLogFeed({ api, live, place });
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
  const look = useRowLook({ feed, place, time, navigation, adjust, sources: feed?.sources.length ?? 0 });
  const view = useRef<LogControls | null>(null);
  const [isHelpOpen, setHelpOpen] = useState(false);

  const goToLine = (n: number): void => {
    adjust({ line: n });
    void feed?.goTo({ at: "line", n, align: "third" });
  };
  const obey = (command: LogCommand): void => {
    if (command.is === "scroll") view.current?.scrollRows(command.rows);
    else if (command.is === "page") view.current?.scrollPages(command.pages);
    else if (command.is === "start") void feed?.goToStart();
    else if (command.is === "end") void feed?.goToEnd();
    else if (command.is === "wrap") adjust({ wrap: !wrap });
    else if (command.is === "time") adjust({ time: nextTimeMode(time) });
    else if (command.is === "help") setHelpOpen(true);
    else document.querySelector<HTMLInputElement>("[data-goto]")?.focus();
  };
  useLogKeys(obey);

  const onRest = useCallback(
    (top: Item | undefined): void => {
      const { place: now } = navigation;
      if (now.view === "list") return;
      const at = top === undefined ? "" : now.view === "job" ? top.time : String(top.n);
      if (at !== now.top) navigation.note({ ...now, top: at });
    },
    [navigation],
  );
  const title = titleOf(place, feed?.sources[0]?.execution.command);
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = "marcologger";
    };
  }, [title]);

  if (feed === undefined || feed.phase !== "ready") {
    return <LogEmpty feed={feed} navigation={navigation} onRetry={() => void feed?.open({ at: "end" })} />;
  }
  return (
    <main class="log-page">
      <LogHeader feed={feed} navigation={navigation} place={place} />
      <LogToolbar
        feed={feed}
        place={place}
        wrap={wrap}
        time={time}
        adjust={adjust}
        onLine={goToLine}
        onHelp={() => setHelpOpen(true)}
        navigation={navigation}
      />
      {filter.isActive ? (
        <FilterNote feed={feed} filter={filter} onClear={() => adjust({ q: "", stream: undefined })} />
      ) : null}
      <div class="log-frame">
        <LogView
          controls={view}
          feed={feed}
          revision={revision}
          filter={filter}
          look={look}
          wrap={wrap}
          markedLine={place.line}
          onRest={onRest}
        />
        <NoLines feed={feed} filter={filter} />
        <FollowButton feed={feed} />
      </div>
      <KeyHelp isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </main>
  );
}

function nextTimeMode(time: TimeMode): TimeMode {
  return TIME_MODES[(TIME_MODES.indexOf(time) + 1) % TIME_MODES.length] ?? "local";
}

function titleOf(place: ExecutionPlace | JobPlace, command: string | undefined): string {
  if (place.view === "job") return `${place.job} · marcologger`;
  return `${command ?? place.x} · marcologger`;
}
