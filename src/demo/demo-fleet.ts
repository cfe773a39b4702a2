import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { asCount, asRecord, parseJson } from "../wire/record.ts";
import type { Children } from "./children.ts";

const END_WITHIN_MS = 8_000;
const LOOK_EVERY_MS = 50;

export interface DemoFleet {
  readonly folder: string;
  readonly pki: string;
  /** The user who runs the demo, and thus every command. */
  readonly user: string;
  readonly uid: number;
  /** Public halves of the user's SSH keys, as in their .pub files. */
  readonly userKeys: readonly string[];
  readonly program: (name: string) => string;
  readonly node: string;
  readonly children: Children;
}

/** The file of the web signer's key in the demo's folder. */
export function signerKeyIn(folder: string): string {
  return join(folder, "web-signer-key");
}

/** Both halves of a node's agent. It obeys what the demo's user signs: in the viewer, or with an SSH key. */
export async function startDemoAgent(
  fleet: DemoFleet,
  name: string,
  ports: { readonly broker: string; readonly files: string },
): Promise<void> {
  const { folder, pki, user, uid, program, node, children } = fleet;
  const own = stateFolder(folder, name);
  mkdirSync(own, { mode: 0o755 });
  writeFileSync(join(own, "trust"), fleet.userKeys.map((key) => `${user} ${key}\n`).join(""), { mode: 0o644 });
  writeFileSync(join(own, "web-trust"), readFileSync(`${signerKeyIn(folder)}.pub`), { mode: 0o644 });
  const settings = {
    node: name,
    broker: `127.0.0.1:${ports.broker}`,
    files: `127.0.0.1:${ports.files}`,
    "cache-dir": join(own, "cache"),
    pki,
    socket: join(own, "root.sock"),
    "state-dir": join(own, "state"),
    "events-dir": join(own, "events"),
    trust: join(own, "trust"),
    "web-trust": join(own, "web-trust"),
    "run-dir": join(folder, name),
    "min-uid": uid,
    "web-users": [user],
  };
  const file = join(own, "agent.toml");
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  writeFileSync(file, lines.join(""), { mode: 0o644 });
  const root = children.start(node, [program("mlagent-root.js"), "--config", file], { quiet: true });
  await children.waitFor(root, /: listening /);
  const link = children.start(node, [program("mlagent.js"), "--config", file], { quiet: true });
  await children.waitFor(link, /: connected /);
}

/** Ends what users have started on the demo's nodes: it would outlive the agents, as it should elsewhere. */
export async function endDemoRuns(folder: string, names: readonly string[]): Promise<void> {
  const running = names.flatMap((name) => runsOf(join(stateFolder(folder, name), "state/runs")));
  // The supervisor stops the command, and everything that it has started, when it sees this record.
  for (const run of running) writeFileSync(join(run, "cancel"), "", { flag: "a" });
  for (let waitedMs = 0; waitedMs < END_WITHIN_MS && running.some(isRunning); waitedMs += LOOK_EVERY_MS)
    await pause(LOOK_EVERY_MS);
  for (const run of running.filter(isRunning)) endSupervisor(run);
}

function stateFolder(folder: string, name: string): string {
  return join(folder, `${name}-agent`);
}

function runsOf(runs: string): readonly string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .map((name) => join(runs, name))
    .filter(isRunning);
}

function isRunning(run: string): boolean {
  return existsSync(join(run, "claim")) && !existsSync(join(run, "exit")) && pidOf(run) !== undefined;
}

function endSupervisor(run: string): void {
  try {
    process.kill(pidOf(run) ?? 0, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function pidOf(run: string): number | undefined {
  return asCount(asRecord(parseJson(readFileSync(join(run, "claim"), "utf8")))?.["pid"], 2);
}
