import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { LiveStatus } from "./live-client.ts";

/** A connection that is back within this time is not worth a word. */
const QUIET_MS = 1_200;

/** Says that what is shown may be old, without moving anything else on the page. */
export function ConnectionNotice(props: { readonly status: LiveStatus; readonly onRetry: () => void }): JSX.Element {
  const { status, onRetry } = props;
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
          Connection lost. Nothing is missed: it is filled in when the collector is back.
          <button type="button" class="plain" onClick={onRetry}>
            Retry now
          </button>
        </span>
      ) : null}
    </div>
  );
}
