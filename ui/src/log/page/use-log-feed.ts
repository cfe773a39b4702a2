import { useEffect, useState } from "preact/hooks";
import { after } from "../../after.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LiveClient } from "../../live-client.ts";
import { startRedraws } from "../../redraws.ts";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import { parseLineNumber } from "../../url-state.ts";
import { LogFeed } from "../feed/log-feed.ts";
import type { LogPosition } from "../feed/log-position.ts";
import { parseTimePosition } from "../feed/log-position.ts";

interface UseLogFeedOptions {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly place: ExecutionPlace | JobPlace;
}

/** The feed of a page, opened at its address. Redraws the page once a frame, however many lines arrive. */
export function useLogFeed({ api, live, place }: UseLogFeedOptions): LogFeed | undefined {
  const [feed, setFeed] = useState<LogFeed | undefined>(undefined);
  const [, countDraw] = useState(0);
  // Another execution or job remounts the page; other changes of its place keep the feed.
  useEffect(() => {
    const { redraw, stop } = startRedraws(() => countDraw((count) => count + 1));
    const made = new LogFeed({ api, live, target: place, after, onChange: redraw });
    setFeed(made);
    void made.open(positionOf(place));
    return () => {
      stop();
      made.close();
    };
  }, [api, live]);
  return feed;
}

function positionOf(place: ExecutionPlace | JobPlace): LogPosition {
  if (place.view === "job") return parseTimePosition(place.top) ?? { at: "end" };
  const n = parseLineNumber(place.top);
  if (n !== undefined) return { at: "line", n, align: "top" };
  return place.line > 0 ? { at: "line", n: place.line, align: "third" } : { at: "end" };
}
