import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Children } from "./children.ts";
import { type DemoFleet, endDemoRuns, signerKeyIn, startDemoAgent } from "./demo-fleet.ts";

const NODES = ["node1", "node2", "node3", "node4"] as const;
const RELAY_WITHIN_MS = 10_000;
const ASK_EVERY_MS = 50;

interface DemoOptions {
  /** The built programs: mlctl.js, mlcollector.js, mlrun and demo-job.js. */
  readonly binFolder: string;
  readonly node: string;
  readonly rsyslogd: string;
  /** The fleet's broker; where it is not installed, the demo has no fleet. */
  readonly natsServer: string;
  /** Who runs it. */
  readonly user: string;
  readonly uid: number;
  /** Public halves of the user's SSH keys, which sign what mlctl run starts. */
  readonly userKeys: readonly string[];
  /** The user's own command, run on one node; empty: the sample job on four. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
  /** Resolves when the demo should end. */
  readonly untilStopped: Promise<void>;
}

/**
 * The whole product on loopback, as an ordinary user, in a temporary folder: certificates, a gate and a relay for each
 * node, the collector with its viewer, and a job. Leaves nothing behind.
 *
 * @returns The exit code.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "marcologger-demo-"));
  const children = new Children(options.env);
  try {
    await Promise.race([playDemo(folder, children, options), options.untilStopped]);
    return 0;
  } catch (error) {
    options.say(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await children.end();
    await endDemoRuns(folder, NODES);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function playDemo(folder: string, children: Children, options: DemoOptions): Promise<void> {
  const { binFolder, node, command, say } = options;
  const pki = join(folder, "pki");
  const program = (name: string) => join(binFolder, name);
  const mlctl = (...args: string[]) => run(children, node, [program("mlctl.js"), ...args]);
  const nodes = command.length === 0 ? NODES : NODES.slice(0, 1);

  await mlctl("pki", "init", "--dir", pki);
  await Promise.all(nodes.map((name) => mlctl("pki", "issue", name, "--dir", pki)));
  const hasFleet = statSync(options.natsServer, { throwIfNoEntry: false }) !== undefined;
  if (hasFleet) await mlctl("pki", "fleet", "--dir", pki);
  if (hasFleet) await mlctl("pki", "signer", signerKeyIn(folder));
  const fleetFlags = [
    "--fleet",
    "127.0.0.1:0",
    "--fleet-files",
    "127.0.0.1:0",
    "--web-signer-key",
    signerKeyIn(folder),
  ];
  const collector = children.start(
    node,
    [
      program("mlcollector.js"),
      ...["--data-dir", join(folder, "data"), "--pki", pki, "--login-code"],
      ...["--relp", "127.0.0.1:0", "--web", "127.0.0.1:0"],
      ...(hasFleet ? fleetFlags : []),
    ],
    { quiet: true },
  );
  const agents = hasFleet ? children.waitFor(collector, /listening for agents host=127\.0\.0\.1 port=(\d+)/) : [];
  const fetching = hasFleet ? children.waitFor(collector, /nodes that fetch files host=127\.0\.0\.1 port=(\d+)/) : [];
  const [[, port = ""], [address], [, broker = ""], [, files = ""]] = await Promise.all([
    children.waitFor(collector, /listening for relays host=127\.0\.0\.1 port=(\d+)/),
    children.waitFor(collector, /^http:.*$/),
    agents,
    fetching,
  ]);
  const { user, uid } = options;
  const { userKeys } = options;
  const fleet: DemoFleet = { folder, pki, user, uid, userKeys, program, node, children };
  await Promise.all(
    nodes.map(async (name) => {
      await startRelay({ name, port, pki, folder, children, mlctl, options });
      if (hasFleet) await startDemoAgent(fleet, name, { broker, files });
    }),
  );

  say("");
  say(`  Open ${address}`);
  say("  (the code in it logs you in once, within ten minutes)");
  if (hasFleet) say("  Run there starts a command of yours on these nodes");
  else say("  (no Run there: nats-server is not installed)");
  say("");
  say(`  Files: ${join(folder, "data", "logs")}`);
  const own = "sh -c 'for i in 1 2 3 4 5; do date; sleep 1; done'";
  say(`  Try:   ${program("mlrun")} --run-dir ${join(folder, "node1")} -- ${own}`);
  say("");
  await Promise.all(nodes.map((name, rank) => runJob({ name, rank, size: nodes.length, folder, children, options })));
  say("The job has ended. The viewer and the files stay until Ctrl-C.");
  await options.untilStopped;
}

/** Matches no line, so waitFor() settles only when the process ends. */
const NEVER = /^$(?!)/;

async function startRelay(relay: {
  name: string;
  port: string;
  pki: string;
  folder: string;
  children: Children;
  mlctl: (...args: string[]) => Promise<string>;
  options: DemoOptions;
}): Promise<void> {
  const { name, port, pki, folder, children, mlctl, options } = relay;
  const [runDir, relayDir] = [join(folder, name), join(folder, `${name}-relay`)];
  for (const path of [runDir, relayDir]) mkdirSync(path);
  const config = await mlctl(
    ...["relay-config", "--collector", `127.0.0.1:${port}`, "--node", name, "--pki", pki],
    ...["--run-dir", runDir, "--relay-dir", relayDir, "--state-dir", join(folder, `${name}-state`)],
    ...["--gate-group", String(process.getgid?.())],
  );
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, config);
  const child = children.start(options.rsyslogd, ["-n", "-f", file, "-i", "NONE"], { quiet: true });
  const [listen, lines, begin] = [
    join(runDir, "mlrun.sock"),
    join(relayDir, "lines.sock"),
    join(relayDir, "begin.sock"),
  ];
  for (const path of [lines, begin]) await untilThere(children, child, path);
  const sockets = ["--listen", listen, "--lines", lines, "--begin", begin];
  const gate = children.start(join(options.binFolder, "mlgate"), sockets, { quiet: true });
  await untilThere(children, gate, listen);
}

/** Waits for a child's socket. */
async function untilThere(children: Children, child: ChildProcess, path: string): Promise<void> {
  const ended = children.waitFor(child, NEVER);
  await Promise.race([ended, untilExists(path)]);
  // Once the socket is there, nobody handles this rejection: the process ends with the demo.
  ended.catch(() => {});
}

async function untilExists(path: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < RELAY_WITHIN_MS; waitedMs += ASK_EVERY_MS) {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
    await pause(ASK_EVERY_MS);
  }
  throw new Error(`The relay did not create ${path} within ${RELAY_WITHIN_MS} ms`);
}

async function runJob(job: {
  name: string;
  rank: number;
  size: number;
  folder: string;
  children: Children;
  options: DemoOptions;
}): Promise<void> {
  const { name, rank, size, folder, children, options } = job;
  const { binFolder, command, say } = options;
  const isSample = command.length === 0;
  const words = isSample ? [join(binFolder, "demo-job.js")] : command;
  const flags = [
    "--run-dir",
    join(folder, name),
    "--job",
    "demo",
    "--label",
    `rank=${rank}`,
    ...(isSample ? ["--quiet"] : []),
  ];
  const env = { RANK: String(rank), SIZE: String(size), MLRUN_SPOOL_DIR: join(folder, `${name}-spool`) };
  const child = children.start(join(binFolder, "mlrun"), [...flags, "--", ...words], { quiet: false, env });
  child.stdout?.on("data", (bytes: Buffer) => process.stdout.write(bytes));
  const code = await exitOf(child);
  say(`${name}: ${isSample ? "sample job" : words.join(" ")} ended with ${code}`);
}

function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal ?? "nothing")));
}

/** Runs a program to its end and returns its output; rejects if it fails. */
async function run(children: Children, command: string, args: readonly string[]): Promise<string> {
  const child = children.start(command, args, { quiet: true });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on("data", (bytes: Buffer) => out.push(bytes));
  child.stderr?.on("data", (bytes: Buffer) => err.push(bytes));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}:\n${Buffer.concat(err)}`);
  return Buffer.concat(out).toString();
}
