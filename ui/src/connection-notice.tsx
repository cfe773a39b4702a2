import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { LiveStatus } from "./live-client.ts";

/** A connection that returns within this time needs no notice. */
const QUIET_MS = 1_200;

interface ConnectionNoticeProps {
  readonly status: LiveStatus;
  readonly isLiveRefused: boolean;
  readonly onRetry: () => void;
}

/** Warns that the page may be out of date, without moving anything else on it. */
export function ConnectionNotice({ status, isLiveRefused, onRetry }: ConnectionNoticeProps): JSX.Element {
  const [overdue, setOverdue] = useState(false);
  const connected = status === "connected";
  useEffect(() => {
    if (connected) {
      setOverdue(false);
      return undefined;
    }
    const timer = setTimeout(() => setOverdue(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [connected]);
  return (
    <div role="status">
      {overdue ? (
        <span class="notice">
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
