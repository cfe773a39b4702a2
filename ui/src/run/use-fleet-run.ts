import { useEffect, useState } from "preact/hooks";
import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import type { JsonClient } from "../api/json-client.ts";
import { FleetClient } from "./fleet-client.ts";

const TRY_AGAIN_AFTER_MS = 1_000;

/** The state of a run as it changes, from one that is known. */
export function useFleetRun(api: JsonClient, known: RunView): RunView {
  const [view, setView] = useState(known);
  const { run, owner } = known;
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = known;
    const follow = async (): Promise<void> => {
      const onView = (next: RunView): void => {
        last = next;
        setView(next);
      };
      await new FleetClient(api).followRun({ run, owner }, { onView, signal: gone.signal });
      if (!gone.signal.aborted && !last.isDone) timer = setTimeout(() => void follow(), TRY_AGAIN_AFTER_MS);
    };
    if (!known.isDone) void follow();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [api, run, owner]);
  return view;
}
