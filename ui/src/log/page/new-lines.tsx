import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { after } from "../../after.ts";
import { log as t } from "../../texts/en/log.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { LineAnnouncer } from "./line-announcer.ts";

/** For screen readers: the number of new lines, every few seconds. */
export function NewLines({ feed }: { readonly feed: LogFeed }): JSX.Element {
  const [said, setSaid] = useState({ lines: 0, times: 0 });
  const announcer = useMemo(() => {
    const say = (lines: number): void => setSaid(({ times }) => ({ lines, times: times + 1 }));
    return new LineAnnouncer({ after, say });
  }, [feed]);
  useEffect(() => () => announcer.close(), [announcer]);
  const total = feed.sources.reduce((sum, { lastN }) => sum + lastN, 0);
  useEffect(() => announcer.update(total, feed.isFollowing), [announcer, total, feed.isFollowing]);
  return (
    <p role="status" class="for-screen-readers">
      {/* A new element is read aloud even if its words are the same. */}
      {said.times === 0 ? null : <span key={said.times}>{t.newLines(said.lines)}</span>}
    </p>
  );
}
