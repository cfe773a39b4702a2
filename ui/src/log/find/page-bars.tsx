import type { JSX } from "preact";
import { parseQuery } from "../../../../src/text/query/parse-query.ts";
import type { LogPlace } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { FindBar } from "./find-bar.tsx";
import { filterWords, findWords } from "./find-words.ts";
import type { FindState } from "./use-find.ts";

export interface PageBarProps {
  readonly feed: LogFeed;
  readonly found: FindState;
  readonly place: LogPlace;
  readonly adjust: (changes: Partial<LogPlace>) => void;
}

/** The bars of an active Find and Filter; loaded when one is active. */
export function PageBars(props: PageBarProps): JSX.Element {
  return (
    <>
      <FilterBar {...props} />
      <FindingBar {...props} />
    </>
  );
}

/** Shows which lines the filter selects, and how many it hides. */
function FilterBar({ feed, found, place, adjust }: PageBarProps): JSX.Element | null {
  const { finder, request } = found.filter;
  const { stream } = place;
  if (finder === undefined || request === undefined) return null;
  const lines = feed.sources.reduce((sum, { execution }) => sum + execution.lines, 0);
  const { added = 0, isCapped = false } = found.matches ?? {};
  return (
    <FindBar
      mode="filter"
      query={parseQuery(place.q)}
      request={request}
      words={filterWords(finder, { lines, added, isCapped })}
      isSearching={finder.survey?.status === "searching"}
      extra={stream === undefined ? undefined : { text: stream, onRemove: () => adjust({ stream: undefined }) }}
      onQuery={(q) => adjust({ q })}
      onCancel={() => finder.cancel()}
      onClear={() => adjust({ q: "", stream: undefined })}
    />
  );
}

/** Shows the search and the rank of the current match. */
function FindingBar({ feed, found, place, adjust }: PageBarProps): JSX.Element | null {
  const { finder, request } = found.find;
  if (finder === undefined || request === undefined) return null;
  return (
    <FindBar
      mode="find"
      query={parseQuery(place.find)}
      request={request}
      words={findWords(finder, feed.isLive)}
      isSearching={finder.survey?.status === "searching"}
      onQuery={(find) => adjust({ find })}
      onStep={found.go}
      onCancel={() => finder.cancel()}
      onClear={() => adjust({ find: "" })}
    />
  );
}
