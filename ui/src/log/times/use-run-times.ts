import { useEffect, useState } from "preact/hooks";
import { parseRunTimes, type RunTimes } from "../../../../src/wire/run-times.ts";
import { queryOf } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";

/** How often times are fetched while a run continues, and the tab is visible. */
const REFRESH_MS = 5_000;

export interface TimedRun {
  readonly job: string;
  readonly run: string;
  readonly owner: string | undefined;
}

/** How much a run printed when, refetched while it continues. */
export function useRunTimes(api: ApiClient, { job, run, owner }: TimedRun, isLive: boolean): RunTimes | undefined {
  const [times, setTimes] = useState<RunTimes | undefined>(undefined);
  useEffect(() => {
    let isLeft = false;
    const query = queryOf({ job, run, owner });
    const ask = async (): Promise<void> => {
      if (document.hidden) return;
      const answer = await api.ask(`api/run-times${query}`, { parse: parseRunTimes });
      if (answer.ok && !isLeft) setTimes(answer.value);
    };
    void ask();
    const timer = isLive ? setInterval(() => void ask(), REFRESH_MS) : undefined;
    return () => {
      isLeft = true;
      clearInterval(timer);
    };
  }, [api, job, run, owner, isLive]);
  return times;
}
