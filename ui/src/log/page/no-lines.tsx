import type { JSX } from "preact";
import type { LogFeed } from "../feed/log-feed.ts";
import type { MatchFeed } from "../find/match-feed.ts";

interface NoLinesProps {
  readonly feed: LogFeed;
  /** What is shown in place of all lines. */
  readonly matches: MatchFeed | undefined;
}

/** Text in place of rows. */
export function NoLines({ feed, matches }: NoLinesProps): JSX.Element {
  const isEmpty = feed.sources.every(({ lastN }) => lastN === 0);
  const nothing = feed.isLive ? "Nothing printed yet. Lines show here as they come." : "Nothing was printed.";
  const none = matches?.isReady === true ? (matches.problem ?? "No line of this log matches.") : "Searching…";
  const notHere = matches === undefined ? "Loading the lines…" : none;
  return <p class="nothing">{isEmpty ? nothing : notHere}</p>;
}
