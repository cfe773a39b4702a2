import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../support/processes.ts";
import { ROOT } from "../support/programs.ts";
import { tempFolder } from "../support/temp-folder.ts";

const UNITS = join(ROOT, "systemd");
/** Lower is better; 10 means no restriction at all. */
const HIGHEST_EXPOSURE = {
  // AF_NETLINK among them: a login without a password asks whether a client is on this machine.
  "mlcollector.service": 1.6,
  "marcologger-auth.service": 1.5,
  "marcologger-relay.service": 1.7,
  "marcologger-replay.service": 1.3,
  "marcologger-gate.service": 0.8,
  "marcologger-broker.service": 1.3,
  "marcologger-agent.service": 1.5,
  "marcologger-agent-root.service": 1.5,
};

let folder: string;
let units: string[];

/** A copy of the units with existing programs in place of ours: systemd-analyze checks that they exist. */
beforeAll(async () => {
  folder = await tempFolder();
  const bin = join(folder, "bin");
  await mkdir(bin);
  for (const name of ["mlcollector", "mlctl", "mlgate", "mlagent", "mlagent-root"]) {
    await writeFile(join(bin, name), "#!/bin/sh\n");
    await chmod(join(bin, name), 0o755);
  }
  units = (await readdir(UNITS)).filter((name) => /\.(service|socket|path)$/.test(name));
  for (const name of units) {
    const text = await readFile(join(UNITS, name), "utf8");
    await writeFile(join(folder, name), text.replace(/^(ExecStart(?:Pre)?=\+?)(?=ml)/gm, `$1${bin}/`));
  }
});

test("systemd accepts every unit", async () => {
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` };
  const paths = units.map((name) => join(folder, name));
  const result = await run("systemd-analyze", ["verify", "--man=no", ...paths], { env });
  expect(units).toHaveLength(12);
  expect(result).toMatchObject({ code: 0, stderr: "" });
});

test.each(Object.entries(HIGHEST_EXPOSURE))("%s is exposed to %d at most", async (name, highest) => {
  const result = await run("systemd-analyze", ["security", "--offline=yes", join(folder, name)]);
  const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(result.stdout) ?? [];
  expect(Number(exposure)).toBeLessThanOrEqual(highest);
});

test("restarts every service, however often it failed", async () => {
  for (const name of Object.keys(HIGHEST_EXPOSURE)) {
    const text = await readFile(join(UNITS, name), "utf8");
    expect([name, /^StartLimitIntervalSec=0$/m.test(text)]).toEqual([name, true]);
    expect(text).toMatch(/^Restart=(on-failure|always)$/m);
  }
});

test("no service leaves a core file, or exhausts memory or processes; each bound has a reason", async () => {
  for (const name of Object.keys(HIGHEST_EXPOSURE)) {
    const text = await readFile(join(UNITS, name), "utf8");
    for (const bound of [/\n#.*\nLimitCORE=0\n/, /\n#.*\nMemoryMax=\d+[MG]\n/, /\n#.*\nTasksMax=\d+\n/]) {
      expect([name, text]).toEqual([name, expect.stringMatching(bound)]);
    }
  }
});

test("relay and collector check their needs before each start, the relay outside its restrictions", async () => {
  const read = (name: string) => readFile(join(UNITS, name), "utf8");
  expect(await read("marcologger-relay.service")).toMatch(/^ExecStartPre=\+mlctl check relay .*--unit \S+$/m);
  expect(await read("mlcollector.service")).toMatch(/^ExecStartPre=mlctl check collector .*--unit \S+$/m);
});

test("restarts a waiting replay with its relay, so that it reads a corrected configuration", async () => {
  const text = await readFile(join(UNITS, "marcologger-replay.service"), "utf8");
  expect(text).toMatch(/^PartOf=marcologger-relay\.service$/m);
});

describe("has no setting that would break the product", () => {
  test.each([
    // The owners' ACLs name users, and relays report their uids.
    ["mlcollector.service", /^(PrivateUsers|DynamicUser|MemoryDenyWriteExecute)=/m],
    ["marcologger-auth.service", /^(PrivateUsers|DynamicUser|MemoryDenyWriteExecute)=/m],
    ["marcologger-relay.service", /^(PrivateUsers|DynamicUser)=/m],
    // All users would appear as nobody.
    ["marcologger-gate.service", /^(PrivateUsers|DynamicUser)=/m],
    // Node compiles as it runs.
    ["marcologger-replay.service", /^(DynamicUser|MemoryDenyWriteExecute)=/m],
    ["marcologger-agent.service", /^(DynamicUser|MemoryDenyWriteExecute)=/m],
    ["marcologger-agent-root.service", /^(PrivateUsers|DynamicUser|MemoryDenyWriteExecute|ProtectProc)=/m],
  ])("%s", async (name, forbidden) => {
    expect(await readFile(join(UNITS, name), "utf8")).not.toMatch(forbidden);
  });

  test("only the password check is in group shadow", async () => {
    const texts = await Promise.all(
      units.map(async (name) => [name, await readFile(join(UNITS, name), "utf8")] as const),
    );
    const inShadow = texts.filter(([, text]) => /^SupplementaryGroups=.*\bshadow\b/m.test(text)).map(([name]) => name);
    expect(inShadow).toEqual(["marcologger-auth.service"]);
  });
});

test("allows the system calls that the daemons need", async () => {
  const collector = await readFile(join(UNITS, "mlcollector.service"), "utf8");
  expect(collector).toContain("SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n");
  const { stdout } = await run("systemd-analyze", ["syscall-filter", "@file-system"]);
  expect(stdout).toMatch(/\bsetxattr\b/);
  // chown(2) of imptcp's socket and sched_setscheduler(2) of each thread: rsyslogd hangs without them.
  const relay = await readFile(join(UNITS, "marcologger-relay.service"), "utf8");
  expect(relay).toMatch(
    /^SystemCallFilter=@system-service\nSystemCallFilter=~@privileged\n(#.*\n)*SystemCallFilter=@chown\n/m,
  );
});

test("tmpfiles makes the spool, sysusers the five users", async () => {
  const root = await tempFolder();
  const tmpfiles = ["--create", `--root=${root}`, join(UNITS, "marcologger.tmpfiles")];
  const made = await run("systemd-tmpfiles", tmpfiles);
  // Giving it to root needs root; the entry itself is understood either way.
  if (process.getuid?.() === 0) expect(made).toMatchObject({ code: 0, stderr: "" });
  else expect(made.stderr).not.toMatch(/Unknown|Failed to parse|invalid/i);

  const sysusers = await run("systemd-sysusers", ["--dry-run", `--root=${root}`, join(UNITS, "marcologger.sysusers")]);
  expect(sysusers.code).toBe(0);
  for (const name of [
    "marcologger",
    "marcologger-auth",
    "marcologger-relay",
    "marcologger-gate",
    "marcologger-agent",
  ]) {
    expect(sysusers.stdout + sysusers.stderr).toContain(`'${name}'`);
  }
});
