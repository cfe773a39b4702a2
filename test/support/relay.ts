import { join } from "node:path";
import { mlctl } from "./ctl.ts";
import { nodeSockets, startGate } from "./gate.ts";
import type { RunningProcess } from "./processes.ts";
import { adoptJournal } from "./replay.ts";
import { type Rsyslogd, startRsyslogd } from "./rsyslogd.ts";
import { tempFolder } from "./temp-folder.ts";

export interface Relay extends Rsyslogd {
  readonly runDir: string;
  readonly stateDir: string;
  /** The two sockets behind the gate. */
  readonly beginSocket: string;
  readonly linesSocket: string;
  readonly gate: RunningProcess;
}

export interface RelayOptions {
  /** Folder of an earlier relay, to start it again. It holds the folders `run`, `relay` and `state`. */
  readonly folder?: string;
  /** Default `127.0.0.1`. */
  readonly collectorHost?: string;
  readonly collectorPort: number;
  /** Folder of `makePki`. Without it frames travel in the clear. */
  readonly pki?: string;
  readonly node?: string;
  /** Default true. */
  readonly journal?: boolean;
  /** Parameters of the printed configuration to change. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly through?: readonly string[];
}

/** Starts a dedicated relay with the configuration that `mlctl relay-config` prints, and the gate in front of it. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { pki, node = "node1", collectorHost = "127.0.0.1", parameters = {} } = options;
  const folder = options.folder ?? (await tempFolder());
  const [runDir, stateDir] = [join(folder, "run"), join(folder, "state")];
  const relayDir = join(folder, "relay");
  const sockets = await nodeSockets(runDir, relayDir);
  const { begin: beginSocket, lines: linesSocket } = sockets;
  const trust = pki === undefined ? ["--insecure"] : ["--pki", pki];
  const collector = `${collectorHost}:${options.collectorPort}`;
  const folders = ["--run-dir", runDir, "--relay-dir", relayDir, "--state-dir", stateDir, ...OWN_GROUP];
  const journal = options.journal === false ? ["--no-journal"] : [];
  const more = [...folders, ...trust, ...journal];
  const printed = await mlctl("relay-config", "--collector", collector, "--node", node, ...more);
  if (printed.code !== 0) throw new Error(`mlctl relay-config ended with ${printed.code}: ${printed.stderr}`);
  const through = options.through === undefined ? {} : { through: options.through };
  const config = withParameters(printed.stdout, parameters);
  await adoptJournal(stateDir);
  const rsyslogd = await startRsyslogd({ folder, config, sockets: [beginSocket, linesSocket], ...through });
  return { ...rsyslogd, runDir, stateDir, beginSocket, linesSocket, gate: await startGate(sockets) };
}

/** In tests, the gate runs as the relay's user. */
export const OWN_GROUP: readonly string[] = ["--gate-group", String(process.getgid?.())];

/** Sets parameters wherever a printed configuration has them, to reach a case sooner. */
export function withParameters(config: string, parameters: Readonly<Record<string, string>>): string {
  let changed = config;
  for (const [name, value] of Object.entries(parameters)) {
    const pattern = new RegExp(`\\b${name.replaceAll(".", "\\.")}="[^"]*"`, "g");
    if (!pattern.test(changed)) throw new Error(`The configuration has no ${name}`);
    changed = changed.replace(pattern, `${name}="${value}"`);
  }
  return changed;
}
