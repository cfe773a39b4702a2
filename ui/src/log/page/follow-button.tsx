import type { JSX } from "preact";
import { Icon } from "../../icon.tsx";
import { log as t } from "../../texts/en/log.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";

/** Away from the end: shows how many lines have arrived since, and leads back. */
export function FollowButton({ feed }: { readonly feed: ViewedFeed }): JSX.Element | null {
  if (feed.isFollowing) return null;
  const { newLines } = feed;
  const words = newLines > 0 ? t.newLines(newLines) : feed.isLive ? t.follow : t.end;
  return (
    <button
      type="button"
      class={`follow${newLines > 0 ? " news" : ""}`}
      title={t.toEnd}
      onClick={() => void feed.goToEnd()}
    >
      <Icon name="down" />
      {words}
    </button>
  );
}
