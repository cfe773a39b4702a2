import type { JSX } from "preact";
import type { LogFeed } from "./log-feed.ts";
import type { RowFilter } from "./row-filter.ts";

/** Words where rows would stand. */
export function NoLines({ feed, filter }: { readonly feed: LogFeed; readonly filter: RowFilter }): JSX.Element | null {
  if (feed.items(filter).length > 0) return null;
  const isEmpty = feed.sources.every(({ lastN }) => lastN === 0);
  const nothing = feed.isLive ? "Nothing printed yet. Lines show here as they come." : "Nothing was printed.";
  return <p class="nothing">{isEmpty ? nothing : "None of the loaded lines match."}</p>;
}
