import type { JSX } from "preact";
import { formatCount } from "../../format.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { Item } from "../feed/log-items.ts";

interface FilterNoteProps {
  readonly feed: LogFeed;
  readonly items: readonly Item[];
  readonly onClear: () => void;
}

/** Says that a filter covers only the loaded lines, not the whole log. */
export function FilterNote({ feed, items, onClear }: FilterNoteProps): JSX.Element {
  const shown = items.filter((item) => item.kind === "lines").length;
  const { rows } = feed.window;
  const canSearchOn = !feed.window.hasRoom;
  return (
    <p class="filter-note">
      <span>
        {formatCount(shown)} of the {formatCount(rows.length)} loaded lines{rangeOf(feed)}
      </span>
      {canSearchOn && feed.hasEarlier ? (
        <button type="button" class="plain" disabled={feed.isLoading} onClick={() => void feed.load("start")}>
          Load earlier lines
        </button>
      ) : null}
      {canSearchOn && feed.hasLater ? (
        <button type="button" class="plain" disabled={feed.isLoading} onClick={() => void feed.load("end")}>
          Load later lines
        </button>
      ) : null}
      <button type="button" class="plain" onClick={onClear}>
        Clear filter
      </button>
    </p>
  );
}

function rangeOf(feed: LogFeed): string {
  const source = feed.sources[0];
  if (feed.window.order === "time" || source === undefined) return "";
  const { from, to } = feed.window.coverage(source.index);
  return ` (${formatCount(from)}–${formatCount(to)} of ${formatCount(source.lastN)})`;
}
