import type { JSX } from "preact";
import { log as t } from "../../texts/en/log.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { MatchFeed } from "../find/match-feed.ts";

interface NoLinesProps {
  readonly feed: LogFeed;
  /** The matches that are shown instead of all lines. */
  readonly matches: MatchFeed | undefined;
}

/** Text in place of rows. */
export function NoLines({ feed, matches }: NoLinesProps): JSX.Element {
  const isEmpty = feed.sources.every(({ lastN }) => lastN === 0);
  const none = feed.sources.length === 0 ? t.noExecution : t.nothing;
  const nothing = feed.isLive ? t.nothingYet : none;
  const noMatch = matches?.isReady === true ? (matches.problem ?? t.noMatch) : t.searching;
  const notHere = matches === undefined ? t.loading : noMatch;
  return <p class="nothing">{isEmpty ? nothing : notHere}</p>;
}
