import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Me } from "../../../src/wire/api.ts";
import { after } from "../after.ts";
import type { ApiClient } from "../api-client.ts";
import { Icon } from "../icon.tsx";
import type { LiveClient } from "../live-client.ts";
import { refusedWords } from "../log/feed/discard-words.ts";
import { KeyHelp } from "../log/page/key-help.tsx";
import type { Navigation } from "../navigation.ts";
import { useListTitle } from "../page-title.ts";
import { REDRAW_CLOCK } from "../redraw-clock.ts";
import { startRedraws } from "../redraws.ts";
import { RunCounts } from "../runs/run-counts.ts";
import { frame } from "../texts/en/frame.ts";
import { list as t } from "../texts/en/list.ts";
import type { ListPlace } from "../url-state.ts";
import { LIST } from "../url-state.ts";
import { ExecutionList } from "./execution-list.ts";
import { FilterBar } from "./filter-bar.tsx";
import { Glances } from "./glances.ts";
import { groupRuns } from "./group-runs.ts";
import { useListKeys } from "./list-keys.ts";
import { listRows, sortRows } from "./list-rows.ts";
import { RunSection } from "./run-section.tsx";
import { UserMismatches } from "./user-mismatches.tsx";

export interface ListViewProps {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly navigation: Navigation;
  readonly place: ListPlace;
  readonly me: Me;
}

export function ListView({ api, live, navigation, place, me }: ListViewProps): JSX.Element {
  const [list, counts, nowMs, glances] = useExecutionList({ api, live, place });
  const [isHelpOpen, setHelpOpen] = useState(false);
  const openHelp = useCallback(() => setHelpOpen(true), []);
  useListKeys(openHelp);
  const filtered = place.q !== "" || place.node !== "" || place.state !== undefined;
  const isMore = list?.hasMore ?? false;
  const groups = sortRows(
    listRows(groupRuns(list?.executions ?? []), counts?.runs ?? [], { isFiltered: filtered, hasMore: isMore }),
    place.sort ?? "newest",
  );
  useListTitle(counts?.runs ?? []);
  return (
    <main class="page list-page">
      <h1 class="for-screen-readers">{t.title}</h1>
      <FilterBar api={api} navigation={navigation} place={place} />
      {me.admin ? <UserMismatches api={api} /> : null}
      {list?.refused === undefined ? null : (
        <p class="refused" role="status">
          <Icon name="warning" />
          {refusedWords(list.refused)}
        </p>
      )}
      {list?.phase === "failed" ? (
        <Empty title={t.failed}>
          <button type="button" class="primary" onClick={() => void list.load()}>
            {frame.tryAgain}
          </button>
        </Empty>
      ) : null}
      {list?.phase === "ready" && groups.length === 0 && !list.hasMore ? (
        filtered ? (
          <NoMatch navigation={navigation} />
        ) : (
          <First />
        )
      ) : null}
      <div class="jobs" aria-busy={list === undefined || list.phase === "loading"}>
        {groups.map((group) => (
          <RunSection
            key={group.key}
            row={group}
            isFiltered={filtered}
            glances={glances}
            navigation={navigation}
            nowMs={nowMs}
            showOwner={me.admin || group.owner !== me.user}
          />
        ))}
      </div>
      {list?.hasMore ? <More onSeen={() => void list.loadMore()} /> : null}
      <KeyHelp isOpen={isHelpOpen} keys={t.help} onClose={() => setHelpOpen(false)} />
    </main>
  );
}

type Listed = [ExecutionList | undefined, RunCounts | undefined, number, Glances | undefined];

/**
 * The list for a place and the counts of its runs, loaded and live, and the time up to which running durations count.
 */
function useExecutionList(props: Pick<ListViewProps, "api" | "live" | "place">): Listed {
  const { api, live, place } = props;
  const { q, node, state } = place;
  const [list, setList] = useState<ExecutionList | undefined>(undefined);
  const [counts, setCounts] = useState<RunCounts | undefined>(undefined);
  const [glances, setGlances] = useState<Glances | undefined>(undefined);
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const { redraw, stop } = startRedraws(() => {
      setList(made);
      setCounts(counted);
      setGlances(glanced);
      setNowMs(Date.now());
    }, REDRAW_CLOCK);
    const counted = new RunCounts({ api, after, onChange: redraw });
    const glanced = new Glances({ api, after, nowMs: Date.now, onChange: redraw });
    const made = new ExecutionList({
      api,
      filter: { q, node, state },
      onChange: () => {
        counted.refresh(made.executions.length);
        redraw();
      },
    });
    const subscription = live.subscribe({
      what: () => ({ all: true }),
      from: () => ({ from: "end", lines: false }),
      onExecution: (execution) => made.update(execution),
      onLive: () => void made.load(),
    });
    void made.load();
    return () => {
      stop();
      subscription.close();
      counted.close();
      glanced.close();
      made.close();
    };
  }, [api, live, q, node, state]);
  return [list, counts, nowMs, glances];
}

/** Loads the next page when its end comes near the screen. */
function More({ onSeen }: { readonly onSeen: () => void }): JSX.Element {
  const mark = useRef<HTMLDivElement>(null);
  const seen = useRef(onSeen);
  seen.current = onSeen;
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) seen.current();
      },
      { rootMargin: "600px" },
    );
    if (mark.current !== null) observer.observe(mark.current);
    return () => observer.disconnect();
  });
  return (
    <div ref={mark} class="more quiet">
      {t.loadingMore}
    </div>
  );
}

function First(): JSX.Element {
  return (
    <Empty title={t.nothing}>
      <p>{t.nothingWhy}</p>
      <pre class="try">{t.example}</pre>
    </Empty>
  );
}

function NoMatch({ navigation }: { readonly navigation: Navigation }): JSX.Element {
  return (
    <Empty title={t.noMatch}>
      <button type="button" class="primary" onClick={() => navigation.adjust(LIST)}>
        {t.clear}
      </button>
    </Empty>
  );
}

function Empty(props: { readonly title: string; readonly children: JSX.Element | JSX.Element[] }): JSX.Element {
  return (
    <div class="empty">
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}
