import type { JSX } from "preact";
import type { LogFeed } from "./log-feed.ts";

/** Words where rows would stand. */
export function NoLines({ feed }: { readonly feed: LogFeed }): JSX.Element {
  const isEmpty = feed.sources.every(({ lastN }) => lastN === 0);
  const nothing = feed.isLive ? "Nothing printed yet. Lines show here as they come." : "Nothing was printed.";
  return <p class="nothing">{isEmpty ? nothing : "None of the loaded lines match."}</p>;
}
