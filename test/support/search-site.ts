import type { EpochSizes } from "../../src/search/limits.ts";
import { Searches } from "../../src/search/searches.ts";
import { SharedArchive } from "../../src/sharing/shared-archive.ts";
import { SharedSearch } from "../../src/sharing/shared-search.ts";
import { Sharing } from "../../src/sharing/sharing.ts";
import { afterwards } from "./cleanup.ts";
import { type IngestSite, rootAndBob, startIngestSite } from "./ingest-site.ts";
import { ROOT } from "./programs.ts";
import { startWeb, USER_IDS, type WebFixtureOptions } from "./web.ts";

/** A store, its searches and a web server. Alice of the web is root of the store: her executions have uid 0. */
export interface SearchSite {
  readonly on: IngestSite;
  readonly searches: Searches;
  readonly sharing: Sharing;
  /** Names of the users in each group of the machine. */
  readonly groups: Record<string, string[]>;
  readonly web: Awaited<ReturnType<typeof startWeb>>;
}

export async function startSearchSite(
  options: {
    readonly maxMs?: number;
    readonly sayEveryMs?: number;
    readonly searches?: number;
    /** Used instead of the built worker. */
    readonly workerFile?: URL;
    /** Seals executions as soon as they end; the clock is the store's. */
    readonly sealedBy?: { readonly nowMs: () => number };
    readonly sizes?: Partial<EpochSizes>;
    readonly wallMs?: () => number;
    readonly web?: WebFixtureOptions;
  } = {},
): Promise<SearchSite> {
  const { maxMs, sayEveryMs, searches: limit = 4, sizes = {} } = options;
  const groups: Record<string, string[]> = { team: ["dave"] };
  const shareDirectory = {
    uidOf: async (user: string) => USER_IDS[user],
    gidOf: async (group: string) => (group in groups ? 2_000 : undefined),
    isMember: async ({ user }: { user: string }, { group }: { group: string }) =>
      groups[group]?.includes(user) ?? false,
    ownerUid: () => undefined,
  };
  let web: SearchSite["web"] | undefined;
  const on = await startIngestSite({
    ownerOf: rootAndBob,
    ...(options.sealedBy === undefined ? {} : { sealAfterMs: 0, ...options.sealedBy }),
    publisher: {
      publish: (...published) => web?.hub.publish(...published),
      changed: (...changed) => web?.hub.changed(...changed),
    },
  });
  const sharing = new Sharing({
    dataDir: on.dataDir,
    archive: on.archive,
    directory: shareDirectory,
    log: { event: () => undefined },
    metrics: on.metrics,
    wallMs: options.wallMs ?? Date.now,
  });
  afterwards(async () => sharing.close());
  const archive = new SharedArchive(on.archive, sharing.grants);
  const searches = new Searches({
    archive,
    limits: { searches: limit, searchesPerUser: 2 },
    workerFile: options.workerFile ?? new URL(`file://${ROOT}/dist/src/search/worker.js`),
    metrics: on.metrics,
    sizes,
    ...(maxMs === undefined ? {} : { maxMs }),
    ...(sayEveryMs === undefined ? {} : { sayEveryMs }),
  });
  afterwards(() => searches.close());
  const ownerId = ({ user }: { user: string }) => (user === "alice" ? "root" : user);
  web = await startWeb({
    served: archive,
    search: new SharedSearch(searches, sharing.grants),
    shares: sharing,
    grants: sharing.grants,
    relays: {
      names: () => on.relp.nodes(),
      of: (node) => {
        const known = on.relp.relay(node);
        if (known === undefined) return undefined;
        return { ...known, seenAtMs: Date.now() - known.heardBeforeMs, behindMs: undefined, delayMs: undefined };
      },
    },
    ownerId,
    ...options.web,
  });
  return { on, searches, sharing, groups, web };
}
