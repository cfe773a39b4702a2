import type { EpochSizes } from "../../src/search/limits.ts";
import { Searches } from "../../src/search/searches.ts";
import { afterwards } from "./cleanup.ts";
import { type IngestSite, rootAndBob, startIngestSite } from "./ingest-site.ts";
import { ROOT } from "./programs.ts";
import { startWeb, type WebFixtureOptions } from "./web.ts";

/** A store, its searches and a web server. Alice of the web is root of the store: her executions have uid 0. */
export interface SearchSite {
  readonly on: IngestSite;
  readonly searches: Searches;
  readonly web: Awaited<ReturnType<typeof startWeb>>;
}

export async function startSearchSite(
  options: {
    readonly maxMs?: number;
    readonly sayEveryMs?: number;
    readonly searches?: number;
    readonly sizes?: Partial<EpochSizes>;
    readonly web?: WebFixtureOptions;
  } = {},
): Promise<SearchSite> {
  const { maxMs, sayEveryMs, searches: limit = 4, sizes = {} } = options;
  let web: SearchSite["web"] | undefined;
  const on = await startIngestSite({
    ownerOf: rootAndBob,
    publisher: {
      publish: (...published) => web?.hub.publish(...published),
      changed: (...changed) => web?.hub.changed(...changed),
    },
  });
  const searches = new Searches({
    archive: on.archive,
    limits: { searches: limit, searchesPerUser: 2 },
    workerFile: new URL(`file://${ROOT}/dist/src/search/worker.js`),
    metrics: on.metrics,
    sizes,
    ...(maxMs === undefined ? {} : { maxMs }),
    ...(sayEveryMs === undefined ? {} : { sayEveryMs }),
  });
  afterwards(() => searches.close());
  const ownerId = ({ user }: { user: string }) => (user === "alice" ? "root" : user);
  web = await startWeb({ served: on.archive, search: searches, ownerId, ...options.web });
  return { on, searches, web };
}
