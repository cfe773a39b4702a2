import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/processes.ts";
import { ROOT } from "../support/programs.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOBODY = 65_534;

/** A copy of the set-up scripts and a PATH with just the given programs, each a shell script. */
async function checkout(programs: Readonly<Record<string, string>>): Promise<{ folder: string; path: string }> {
  const folder = await tempFolder();
  const [scripts, path] = [join(folder, "src/setup"), join(folder, "bin")];
  await mkdir(scripts, { recursive: true });
  await mkdir(path);
  for (const name of await readdir(join(ROOT, "src/setup"))) {
    await copyFile(join(ROOT, "src/setup", name), join(scripts, name));
  }
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(path, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  return { folder, path };
}

async function setup(programs: Readonly<Record<string, string>>, ...args: string[]) {
  const { folder, path } = await checkout(programs);
  const ordinaryUser = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const script = join(folder, "src/setup/setup.mjs");
  return run(process.execPath, [script, ...args], { cwd: "/", env: { PATH: path }, ...ordinaryUser });
}

const NOTHING_INSTALLED = "exit 1";

test("without root and sudo, set-up prints the exact line to run", async () => {
  const result = await setup({ "dpkg-query": NOTHING_INSTALLED }, "run");
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(
    "\n  apt-get update && apt-get install -y --no-install-recommends rsyslog rsyslog-relp rsyslog-gnutls " +
      "libpam0g-dev acl openssl ripgrep python3 make g++ gcc libc6-dev\n",
  );
});

test("asks only for missing packages; the tests need a browser as well", async () => {
  const halfInstalled =
    "for p in rsyslog rsyslog-relp rsyslog-gnutls acl openssl ripgrep python3 make gcc libc6-dev systemd procps " +
    "iproute2 rsyslog-openssl strace nats-server mpich openmpi-bin parallel openssh-client dropbear-bin vim-tiny less " +
    "lnav ngircd; do echo $p installed; done\n" +
    "echo g++ config-files";
  const result = await setup({ "dpkg-query": halfInstalled }, "test");
  expect(result.stderr).toMatch(/--no-install-recommends libpam0g-dev g\+\+ chromium-headless-shell\n/);
});

test("with sudo, packages are installed through it; apt's output is shown when it fails", async () => {
  const sudo = '[ "$2" = true ] && exit 0\necho "sudo $*"\necho "E: no network" >&2\nexit 100';
  const result = await setup({ "dpkg-query": NOTHING_INSTALLED, sudo }, "run");
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get");
  expect(result.stderr).toContain("E: no network");
});

test("a wrong purpose is refused with the usage", async () => {
  const result = await setup({}, "everything");
  expect(result).toMatchObject({ code: 1, stderr: "setup: Usage: node src/setup/setup.mjs run|demo|test\n" });
});
