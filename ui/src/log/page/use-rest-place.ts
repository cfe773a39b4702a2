import { useCallback } from "preact/hooks";
import type { Navigation } from "../../navigation.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { formatTimePosition } from "../feed/log-position.ts";
import type { Item } from "../feed/log-row.ts";

/** Notes in the address which row is on top where the view comes to rest. */
export function useRestPlace(navigation: Navigation, feed: LogFeed | undefined): (top: Item | undefined) => void {
  return useCallback(
    (top: Item | undefined): void => {
      const { place: now } = navigation;
      if (now.view === "list") return;
      const at = top === undefined ? "" : now.view === "execution" ? String(top.n) : placeInJob(feed, top);
      if (at !== now.top) navigation.note({ ...now, top: at });
    },
    [navigation, feed],
  );
}

/** The place of a row; of columns beside each other, that of the earliest line. */
function placeInJob(feed: LogFeed | undefined, top: Item): string {
  const { time, source, n } = top.kind === "lines" ? (top.side?.head ?? top) : top;
  const x = feed?.sources[source]?.execution.x ?? "";
  return formatTimePosition({ time, x, n });
}
