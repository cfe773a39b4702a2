import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatDuration } from "../../src/text/time/duration.ts";
import type { LiveStatus } from "./live-client.ts";

/** A connection that returns within this time needs no notice. */
const QUIET_MS = 1_200;
const SECOND_MS = 1_000;

interface ConnectionNoticeProps {
  readonly status: LiveStatus;
  readonly isLiveRefused: boolean;
  /** Since anything was heard of the collector. */
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
          {/* Every second another one: not for reading aloud. */}
          {isCut ? (
            <span aria-hidden="true">{`Not live for ${formatDuration(Math.max(SECOND_MS, silentMs()))}. `}</span>
          ) : null}
          {describe(status, isLiveRefused)}
          <button type="button" class="plain" onClick={onRetry}>
            Retry now
          </button>
        </span>
      ) : null}
    </div>
  );
}

function describe(status: LiveStatus, isLiveRefused: boolean): string {
  if (status === "refused") return "Not live: the collector cannot read this at the moment. It is asked again.";
  if (isLiveRefused) return "Not live: the collector takes no further connection. Too many of your tabs may be open.";
  return "Connection lost. Nothing is missed: it is filled in when the collector is back.";
}
