import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiClient } from "../support/api-client.ts";
import { type RunningProcess, start } from "../support/processes.ts";
import { program } from "../support/programs.ts";
import { type Relay, type RelayOptions, startRelay } from "../support/relay.ts";
import { benchFolder } from "./bench-folder.ts";

export interface BenchCollector {
  readonly process: RunningProcess;
  readonly dataDir: string;
  readonly relpPort: number;
  readonly webPort: number;
  /** Of /metrics. */
  readonly metricsPort: number;
  /** Signed in as the user who runs the benchmark. */
  readonly api: ApiClient;
}

interface CollectorOptions {
  readonly dataDir?: string;
  /** Lines of collector.toml. */
  readonly settings?: string;
  /** Folder of its certificates. Undefined: relays without TLS. */
  readonly pki?: string | undefined;
  /** URL of a module that its process loads first. */
  readonly module?: string;
}

/** A collector on loopback, otherwise set up as an administrator would. */
export async function startCollector(options: CollectorOptions = {}): Promise<BenchCollector> {
  const { dataDir = benchFolder(), settings = "", pki, module } = options;
  const [command, ...args] = collectorCommand({ dataDir, settings, pki, webPort: 0 });
  const first = module === undefined ? [] : ["--import", module];
  const process = start(command, [...first, ...args, "--login-code"]);
  const [, origin = "", code = ""] = await process.waitFor(/(http\S+)\/#code=(\S+)/, 60_000);
  const [, relpPort] = await process.waitFor(/listening for relays host=\S+ port=(\d+)/);
  const [, metricsPort] = await process.waitFor(/listening for scrapers of \/metrics at=\S+:(\d+)/);
  const api = new ApiClient(origin);
  const status = await api.login({ code });
  if (status !== 204) throw new Error(`The login code was answered with ${status}`);
  const ports = { relpPort: Number(relpPort), webPort: Number(new URL(origin).port), metricsPort: Number(metricsPort) };
  return { process, dataDir, ...ports, api };
}

/** `[command, ...args]` of such a collector. The configuration of one that is installed here does not count. */
export function collectorCommand(
  options: Required<Pick<CollectorOptions, "dataDir" | "settings">> &
    Pick<CollectorOptions, "pki"> & { readonly webPort: number },
): [string, ...string[]] {
  const config = join(benchFolder(), "collector.toml");
  writeFileSync(config, options.settings);
  const places = ["--config", config, "--data-dir", options.dataDir];
  const listen = ["--relp", "127.0.0.1:0", "--web", `127.0.0.1:${options.webPort}`, "--metrics", "127.0.0.1:0"];
  const relays = options.pki === undefined ? ["--insecure"] : ["--pki", options.pki];
  return program("mlcollector", ...places, ...listen, ...relays);
}

/**
 * The relay of a node, as `mlctl relay-config` sets it up, that forwards to a RELP receiver: without TLS, and without a
 * journal, where nothing else is said. A site can have it so, and what a journal costs has cells of its own.
 */
export function startBenchRelay(
  collectorPort: number,
  options: Pick<RelayOptions, "journal" | "pki" | "node"> = {},
): Promise<Relay> {
  return startRelay({ folder: benchFolder(), collectorPort, journal: false, ...options });
}
