import type { JSX } from "preact";
import type { LogFeed } from "../feed/log-feed.ts";

interface NoLinesProps {
  readonly feed: LogFeed;
  readonly isFiltered: boolean;
}

/** Text in place of rows. */
export function NoLines({ feed, isFiltered }: NoLinesProps): JSX.Element {
  const isEmpty = feed.sources.every(({ lastN }) => lastN === 0);
  const nothing = feed.isLive ? "Nothing printed yet. Lines show here as they come." : "Nothing was printed.";
  const notHere = isFiltered ? "None of the loaded lines match." : "Loading the lines…";
  return <p class="nothing">{isEmpty ? nothing : notHere}</p>;
}
