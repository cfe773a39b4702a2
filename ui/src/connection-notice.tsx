import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatDuration } from "../../src/text/time/duration.ts";
import type { LiveStatus } from "./live-client.ts";
import { frame } from "./texts/en/frame.ts";

/** A connection that returns within this time needs no notice. */
const QUIET_MS = 1_200;
const SECOND_MS = 1_000;

interface ConnectionNoticeProps {
  readonly status: LiveStatus;
  readonly isLiveRefused: boolean;
  /** Time since the collector was last heard. */
  readonly silentMs: () => number;
  readonly onRetry: () => void;
}

/** Warns that the page may be out of date, and for how long, without moving anything else on it. */
export function ConnectionNotice({ status, isLiveRefused, silentMs, onRetry }: ConnectionNoticeProps): JSX.Element {
  const [overdue, setOverdue] = useState(false);
  const [, countSeconds] = useState(0);
  const connected = status === "connected";
  useEffect(() => {
    if (connected) {
      setOverdue(false);
      return undefined;
    }
    const timer = setTimeout(() => setOverdue(true), Math.max(0, QUIET_MS - silentMs()));
    const seconds = setInterval(() => countSeconds((count) => count + 1), SECOND_MS);
    return () => {
      clearTimeout(timer);
      clearInterval(seconds);
    };
  }, [connected]);
  const isCut = status !== "refused" && !isLiveRefused;
  return (
    <div role="status">
      {overdue ? (
        <span class="notice">
          {/* Changes every second, so it is not read aloud. */}
          {isCut ? (
            <span aria-hidden="true">{frame.notLiveFor(formatDuration(Math.max(SECOND_MS, silentMs())))}</span>
          ) : null}
          {describe(status, isLiveRefused)}
          <button type="button" class="plain" onClick={onRetry}>
            {frame.retryNow}
          </button>
        </span>
      ) : null}
    </div>
  );
}

function describe(status: LiveStatus, isLiveRefused: boolean): string {
  if (status === "refused") return frame.liveRefused;
  if (isLiveRefused) return frame.tooManyTabs;
  return frame.connectionLost;
}
