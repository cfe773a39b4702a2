import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { afterwards, closeCleanupLevel } from "../support/cleanup.ts";
import { run } from "../support/processes.ts";
import { CHECKS } from "./checks.ts";
import type { Host } from "./host.ts";
import { bootHosts, debian, type Hosts } from "./installation.ts";
import { blocksFor } from "./page.ts";

const HELP = `Usage: npm run test:install -- [--base DIR]

Boots three Debian 12 hosts with systemd in namespaces of their own, follows systemd/README.md on them word by word, and
tests that lines arrive. Needs root, the packages debootstrap and systemd-container, and a way to deb.debian.org.

  --base DIR  keeps the bare Debian there, which takes minutes to make (default /var/cache/marcologger-test)
`;

const { values } = parseArgs({
  options: {
    base: { type: "string", default: "/var/cache/marcologger-test" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await main(values.base);

async function main(baseFolder: string): Promise<number> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  const missing = await whatIsMissing();
  if (missing !== undefined) {
    process.stdout.write(`skipped: ${missing}\n`);
    return 0;
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), "ml-hosts-"));
    afterwards(() => rm(folder, { recursive: true, force: true }));
    say("a bare Debian 12");
    const hosts = await bootHosts(await debian(baseFolder), folder);
    await followPage(hosts);
    return await testAll(hosts);
  } finally {
    await closeCleanupLevel();
  }
}

/** Removes hosts, namespaces and folders, also when interrupted. */
function interrupted(): void {
  void closeCleanupLevel().finally(() => process.exit(1));
}

async function whatIsMissing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "needs root: run it as root";
  for (const program of ["debootstrap", "systemd-nspawn"]) {
    if ((await run(program, ["--version"])).code === 127) {
      return `needs ${program}: apt-get install debootstrap systemd-container`;
    }
  }
  return undefined;
}

async function followPage({ collector, node1, node2 }: Hosts): Promise<void> {
  say("the page");
  for (const host of [collector, node1, node2]) await paste(host, "every");
  await paste(collector, "collector");
  await paste(collector, "collector-issue");
  await paste(node1, "node-dedicated");
  await paste(node2, "node-drop-in");
  await paste(node1, "node-users");
}

/** All checks, then the page's upgrade, then those again that an upgrade could break. */
async function testAll(hosts: Hosts): Promise<number> {
  let failures = 0;
  for (const [name, check] of Object.entries(CHECKS)) failures += await outcome(name, () => check(hosts));
  const { collector, node1, node2 } = hosts;
  failures += await outcome("the page's upgrade", async () => {
    for (const host of [collector, node1, node2]) await paste(host, "every-upgrade");
    await paste(collector, "collector-upgrade");
    await paste(node1, "node-dedicated-upgrade");
    await paste(node2, "node-drop-in");
  });
  for (const [name, check] of Object.entries(CHECKS).slice(0, 2)) {
    failures += await outcome(`upgraded: ${name}`, () => check(hosts));
  }
  return failures === 0 ? 0 : 1;
}

async function paste(host: Host, role: string): Promise<void> {
  for (const block of blocksFor(role)) await host.paste(block);
}

async function outcome(name: string, act: () => Promise<void>): Promise<number> {
  try {
    await act();
    process.stdout.write(`ok      ${name}\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`FAILED  ${name}\n${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
}

function say(what: string): void {
  process.stderr.write(`${what}\n`);
}
