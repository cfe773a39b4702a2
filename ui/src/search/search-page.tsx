import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { parseQuery } from "../../../src/text/query/parse-query.ts";
import type { ApiClient } from "../api-client.ts";
import { FindBar } from "../log/find/find-bar.tsx";
import { findRequest } from "../log/find/find-request.ts";
import { findWords } from "../log/find/find-words.ts";
import { Finder } from "../log/find/finder.ts";
import { useTerminal } from "../log/view/use-terminal.ts";
import type { Navigation } from "../navigation.ts";
import { usePageTitle } from "../page-title.ts";
import { SearchField } from "../search-field.tsx";
import { search as t } from "../texts/en/search.ts";
import type { ListPlace } from "../url-state.ts";
import { useRedraw } from "../use-redraw.ts";
import { FoundExecution } from "./found-execution.tsx";
import { groupMatches } from "./group-matches.ts";

export interface SearchPageProps {
  readonly api: ApiClient;
  readonly navigation: Navigation;
  readonly place: ListPlace;
  readonly showOwner: boolean;
}

/** Most executions shown with their matches: nobody reads a longer page. */
const MAX_SHOWN = 100;
const EXAMPLE = "error -retry node:gpu[1-8] since:-2h";
const MAX_TYPED = 1_000;
const NO_SOURCES: readonly never[] = [];

/** Searches lines of all executions that this user may see. */
export function SearchPage({ api, navigation, place, showOwner }: SearchPageProps): JSX.Element {
  const { redraw } = useRedraw();
  const typed = place.lines ?? "";
  const finder = useMemo(() => new Finder({ api, sources: () => NO_SOURCES, onChange: redraw }), [api, redraw]);
  const request = useMemo(
    () =>
      findRequest({
        ...{ typed, what: { all: true }, stream: undefined, node: "", only: [], nowMs: Date.now() },
        options: { case: "smart", word: false },
      }),
    [typed],
  );
  useEffect(() => {
    finder.ask(request === undefined || "problem" in request ? undefined : request);
    return () => finder.cancel();
  }, [finder, request]);
  usePageTitle(typed === "" ? t.tab : typed, undefined);
  useTerminal();
  const search = (lines: string): void => navigation.adjust({ ...place, lines });
  const { survey } = finder;
  const groups = groupMatches(survey?.matches ?? []);
  const words = request === undefined || "problem" in request ? [] : request.words;
  return (
    <main class="page search-page">
      <h1>{t.title}</h1>
      <SearchField
        label={t.label}
        placeholder={EXAMPLE}
        value={typed}
        maxLength={MAX_TYPED}
        isFocused={typed === ""}
        onChange={search}
      />
      {request === undefined ? (
        <p class="quiet">{t.help}</p>
      ) : (
        <FindBar
          mode="find"
          request={request}
          query={parseQuery(typed)}
          words={wordsOf(finder, groups.length)}
          isSearching={survey?.status === "searching"}
          onQuery={search}
          onCancel={() => finder.cancel()}
          onClear={() => search("")}
        />
      )}
      {groups.slice(0, MAX_SHOWN).map((group) => (
        <FoundExecution
          key={group.key}
          api={api}
          navigation={navigation}
          group={group}
          words={words}
          typed={typed}
          showOwner={showOwner}
        />
      ))}
      {groups.length > MAX_SHOWN ? <p class="quiet">{t.moreExecutions(groups.length - MAX_SHOWN)}</p> : null}
    </main>
  );
}

/** "128 matches in 3 executions". */
function wordsOf(finder: Finder, executions: number): string {
  const { survey } = finder;
  const found = findWords(finder, false);
  if (survey === undefined || executions === 0) return found;
  const where = t.where(found, executions);
  return survey.total > survey.matches.length ? t.onlyFirst(where) : where;
}
