import type { JSX } from "preact";
import { formatCount } from "../../format.ts";
import { Icon } from "../../icon.tsx";
import type { ViewedFeed } from "../feed/viewed-feed.ts";

/** Away from the end: how many lines arrived since, and the way back. */
export function FollowButton({ feed }: { readonly feed: ViewedFeed }): JSX.Element | null {
  if (feed.isFollowing) return null;
  const { newLines } = feed;
  const words =
    newLines > 0 ? `${formatCount(newLines)} new ${newLines === 1 ? "line" : "lines"}` : feed.isLive ? "Follow" : "End";
  return (
    <button
      type="button"
      class={`follow${newLines > 0 ? " news" : ""}`}
      title="To the end ( G )"
      onClick={() => void feed.goToEnd()}
    >
      <Icon name="down" />
      {words}
    </button>
  );
}
