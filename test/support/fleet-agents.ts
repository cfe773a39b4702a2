import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FleetKey } from "./fleet-keys.ts";
import { type RunningProcess, start } from "./processes.ts";
import { ROOT } from "./programs.ts";
import type { Relay, Site } from "./site.ts";

const BIN = join(ROOT, "dist/src/bin");

export interface Agent {
  readonly node: string;
  /** Path of its agent.toml. */
  readonly config: string;
  readonly root: RunningProcess;
  readonly link: RunningProcess;
}

interface AgentOptions {
  /** Lines of the file of trusted keys. */
  readonly trust: string;
  /** Lines of the file with the web signer's key. */
  readonly webTrust?: string;
  /** Further keys of agent.toml. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Both halves of a node's agent, as the demo starts them: commands run as the user of the tests. */
export async function startAgent(
  site: Pick<Site, "folder" | "pki" | "fleetPort" | "filesPort">,
  { node, runDir }: Pick<Relay, "node" | "runDir">,
  { trust, webTrust = "", settings = {} }: AgentOptions,
): Promise<Agent> {
  const folder = join(site.folder, `${node}-agent`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "trust"), trust, { mode: 0o644 });
  writeFileSync(join(folder, "web-trust"), webTrust, { mode: 0o644 });
  const config = {
    node,
    broker: `127.0.0.1:${site.fleetPort}`,
    pki: site.pki,
    socket: join(folder, "root.sock"),
    "state-dir": join(folder, "state"),
    files: `127.0.0.1:${site.filesPort}`,
    "cache-dir": join(folder, "cache"),
    "events-dir": join(folder, "events"),
    trust: join(folder, "trust"),
    "web-trust": join(folder, "web-trust"),
    "run-dir": runDir,
    services: join(folder, "services.d"),
    facts: join(folder, "facts.d"),
    "min-uid": 0,
    ...settings,
  };
  const lines = Object.entries(config).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const file = join(folder, "agent.toml");
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o644 });
  return { node, config: file, root: await startRoot(file), link: await startLink(file) };
}

/** Starts the half that starts commands. @param config Path of agent.toml. */
export async function startRoot(config: string): Promise<RunningProcess> {
  const root = start(process.execPath, [join(BIN, "mlagent-root.js"), "--config", config]);
  await root.waitFor(/: listening /);
  return root;
}

/** Starts the half that is connected to the broker. @param config Path of agent.toml. */
export async function startLink(config: string): Promise<RunningProcess> {
  const link = start(process.execPath, [join(BIN, "mlagent.js"), "--config", config]);
  await link.waitFor(/: connected /);
  return link;
}

/** A line that trusts a key for one user. */
export function trustLine(user: string, key: FleetKey): string {
  return `${user} ${key.line}\n`;
}
