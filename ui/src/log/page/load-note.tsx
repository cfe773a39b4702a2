import type { JSX } from "preact";
import type { ViewedFeed } from "../feed/viewed-feed.ts";

/** Says which part of a log failed to load, without moving anything else. */
export function LoadNote({ feed }: { readonly feed: ViewedFeed }): JSX.Element {
  const { failedAt, isFailing } = feed;
  return (
    <div class="load-note" role="status">
      {failedAt !== undefined ? (
        <span class="notice">
          The lines asked for could not be loaded.
          <button type="button" class="plain" onClick={() => void feed.open(failedAt)}>
            Try again
          </button>
        </span>
      ) : isFailing ? (
        <span class="notice">Some lines could not be loaded. They are asked for again.</span>
      ) : null}
    </div>
  );
}
