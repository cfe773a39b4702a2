import type { JSX } from "preact";
import { frame } from "../../texts/en/frame.ts";
import { log as t } from "../../texts/en/log.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";

/** Says which part of a log failed to load, without moving anything else. */
export function LoadNote({ feed }: { readonly feed: ViewedFeed }): JSX.Element {
  const { failedAt, isFailing } = feed;
  return (
    <div class="load-note" role="status">
      {failedAt !== undefined ? (
        <span class="notice">
          {t.notLoaded}
          <button type="button" class="plain" onClick={() => void feed.open(failedAt)}>
            {frame.tryAgain}
          </button>
        </span>
      ) : isFailing ? (
        <span class="notice">{t.someNotLoaded}</span>
      ) : null}
    </div>
  );
}
