import { useEffect, useState } from "preact/hooks";
import { after } from "../../after.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LiveClient } from "../../live-client.ts";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import { ALL_RUNS, parseLineNumber } from "../../url-state.ts";
import { LogFeed } from "../feed/log-feed.ts";
import type { LogPosition } from "../feed/log-position.ts";
import { parseTimePosition } from "../feed/log-position.ts";
import type { LogTarget } from "../feed/log-target.ts";

interface UseLogFeedOptions {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly place: ExecutionPlace | JobPlace;
  readonly redraw: () => void;
}

/** The feed of a page, opened at its address. */
export function useLogFeed({ api, live, place, redraw }: UseLogFeedOptions): LogFeed | undefined {
  const [feed, setFeed] = useState<LogFeed | undefined>(undefined);
  // Another execution or job remounts the page; other changes of its place keep the feed.
  useEffect(() => {
    let made: LogFeed | undefined;
    let isLeft = false;
    void targetOf(api, place).then((target) => {
      if (isLeft) return;
      const correctsClocks = place.clock === undefined;
      made = new LogFeed({ api, live, target, correctsClocks, after, onChange: redraw });
      setFeed(made);
      void made.open(positionOf(place));
    });
    return () => {
      isLeft = true;
      made?.close();
    };
  }, [api, live, redraw]);
  return feed;
}

/** The newest run of a job whose address names none. */
async function targetOf(api: ApiClient, place: ExecutionPlace | JobPlace): Promise<LogTarget> {
  if (place.view === "execution") return place;
  const { run, ...job } = place;
  if (run === ALL_RUNS) return job;
  if (run !== undefined) return place;
  const newest = await api.runs({ job: place.job, owner: place.owner, limit: 1 });
  // Several users may have such a job: the feed asks for its owner.
  const found = newest.ok ? newest.value.runs[0]?.run : undefined;
  return found === undefined ? job : { ...job, run: found };
}

function positionOf(place: ExecutionPlace | JobPlace): LogPosition {
  if (place.view === "job") return parseTimePosition(place.top) ?? { at: "end" };
  const n = parseLineNumber(place.top);
  if (n !== undefined) return { at: "line", n, align: "top" };
  return place.line > 0 ? { at: "line", n: place.line, align: "third" } : { at: "end" };
}
