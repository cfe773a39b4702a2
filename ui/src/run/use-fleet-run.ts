import { useEffect, useState } from "preact/hooks";
import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import type { JsonClient } from "../api/json-client.ts";
import { FleetClient } from "./fleet-client.ts";
import { FollowedRuns } from "./followed-runs.ts";

/** Shared followers of unfinished runs in view, by owner. */
const followed = new WeakMap<JsonClient, Map<string, FollowedRuns>>();

/** The live state of a run, starting from a known one. */
export function useFleetRun(api: JsonClient, known: RunView): RunView {
  const [view, setView] = useState(known);
  const { run, owner, isDone } = known;
  useEffect(() => {
    if (isDone) return undefined;
    const runs = followedRuns(api, owner);
    const stop = runs.follow(run, setView);
    return () => {
      stop();
      if (runs.isIdle) followed.get(api)?.delete(owner);
    };
  }, [api, run, owner]);
  return view;
}

function followedRuns(api: JsonClient, owner: string): FollowedRuns {
  const owners = followed.get(api) ?? new Map<string, FollowedRuns>();
  followed.set(api, owners);
  const found = owners.get(owner);
  if (found !== undefined) return found;
  const after = (act: () => void, afterMs: number): (() => void) => {
    const timer = setTimeout(act, afterMs);
    return () => clearTimeout(timer);
  };
  const made = new FollowedRuns({ owner, client: new FleetClient(api), after });
  owners.set(owner, made);
  return made;
}
