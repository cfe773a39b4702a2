import { createHub, type LiveHub } from "../../src/live/hub.ts";
import { type IngestSite, startIngestSite } from "./ingest-site.ts";
import { type Launch, Launched } from "./launched.ts";
import { startWeb, type WebFixtureOptions } from "./web.ts";

/** A store with its web half in this process, on a clock that the test moves. All executions are alice's. */
export interface RunSite {
  readonly site: IngestSite;
  readonly origin: string;
  readonly audited: Awaited<ReturnType<typeof startWeb>>["audited"];
  readonly clock: { nowMs: number };
  /** Begins a run of executions. */
  begin(launches: readonly Launch[]): Promise<Launched[]>;
}

export async function startRunSite(options: WebFixtureOptions = {}): Promise<RunSite> {
  const clock = { nowMs: Date.now() };
  const nowMs = (): number => clock.nowMs;
  const hub: LiveHub = createHub({ event: () => undefined }, nowMs);
  const site = await startIngestSite({
    nowMs,
    publisher: hub,
    ownerOf: async () => ({ name: "alice", uid: undefined }),
  });
  const { origin, audited } = await startWeb({ ...options, nowMs, served: site.archive, sharedHub: hub });
  return {
    ...{ site, origin, audited, clock },
    async begin(launches) {
      const all = launches.map((launch) => new Launched(launch));
      for (const one of all) await one.claim(site);
      await site.store.store([]);
      return all;
    },
  };
}
