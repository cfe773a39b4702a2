import { useLayoutEffect, useState } from "preact/hooks";
import { after } from "../../after.ts";
import type { ApiClient } from "../../api-client.ts";
import type { LiveClient } from "../../live-client.ts";
import type { Redraws } from "../../redraws.ts";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import { positionOf, targetOf } from "../feed/log-address.ts";
import { LogFeed } from "../feed/log-feed.ts";

interface UseLogFeedOptions {
  readonly api: ApiClient;
  readonly live: LiveClient;
  readonly place: ExecutionPlace | JobPlace;
  readonly redraws: Omit<Redraws, "stop">;
}

/** The feed of a page, opened at its address. */
export function useLogFeed({ api, live, place, redraws }: UseLogFeedOptions): LogFeed | undefined {
  const [feed, setFeed] = useState<LogFeed | undefined>(undefined);
  // Another execution or job remounts the page; other changes of its place keep the feed. A passive effect would wait for
  // an empty page to be painted.
  useLayoutEffect(() => {
    let made: LogFeed | undefined;
    let isLeft = false;
    void targetOf(api, place).then((target) => {
      if (isLeft) return;
      const correctsClocks = place.clock === undefined;
      const { redraw: onChange, drawSoon: onArrived } = redraws;
      made = new LogFeed({ api, live, target, correctsClocks, after, onChange, onArrived });
      setFeed(made);
      void made.open(positionOf(place));
    });
    return () => {
      isLeft = true;
      made?.close();
    };
  }, [api, live, redraws]);
  return feed;
}
