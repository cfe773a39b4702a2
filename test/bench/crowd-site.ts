import { fileURLToPath } from "node:url";
import { parseFleetView } from "../../src/wire/fleet/node-view.ts";
import { FleetKey } from "../support/fleet-keys.ts";
import { poll } from "../support/poll.ts";
import { type RunningProcess, start } from "../support/processes.ts";
import { benchFolder } from "./bench-folder.ts";
import { type BenchCollector, startCollector } from "./bench-site.ts";

const CROWD = fileURLToPath(new URL("fleet-crowd.js", import.meta.url));
export const NODES = 1_000;
const CONNECTED_WITHIN_MS = 180_000;

/** A collector with a fleet, and the agents of its nodes. */
export interface Crowd {
  readonly collector: BenchCollector;
  readonly agents: RunningProcess;
  readonly key: FleetKey;
  readonly fleet: string;
  /** Of the collector and all nodes. */
  readonly pki: string;
}

/** Resolves when all nodes are there. @param pki of `makeCrowdPki` */
export async function startCrowd(pki: string, { module }: { module?: string } = {}): Promise<Crowd> {
  const settings = 'fleet = "127.0.0.1:0"\n';
  const collector = await startCollector({ pki, settings, ...(module === undefined ? {} : { module }) });
  const [, port = ""] = await collector.process.waitFor(/listening for agents host=\S+ port=(\d+)/);
  const agents = start(process.execPath, [CROWD, port, pki, String(NODES)]);
  await agents.waitFor(/connected/, CONNECTED_WITHIN_MS);
  const view = await poll("all nodes", async () => {
    const now = parseFleetView(await collector.api.json("/api/fleet"));
    return now?.nodes.every(({ state }) => state === "present") === true ? now : undefined;
  });
  return { collector, agents, key: FleetKey.make(benchFolder(), "key"), fleet: view.id, pki };
}
