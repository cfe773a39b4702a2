import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { AgentSite } from "../../support/agent-site.ts";
import { type BootedSystemd, bootSystemd } from "../../support/booted-systemd.ts";
import { poll } from "../../support/poll.ts";
import { processesWith } from "../../support/processes-with.ts";
import { readIfThere } from "../../support/read-if-there.ts";
import { createTestUser, type TestUser } from "../../support/root.ts";

const SECRET = "s3cret-of-the-unit";

let systemd: BootedSystemd | string = "needs root";
let alice: TestUser;
/** Whom files of a shared folder are written as. */
let bob: TestUser;
let site: AgentSite;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  alice = await createTestUser("fleet", { groups: ["audio"] });
  bob = await createTestUser("fleet");
  site = await AgentSite.create(alice.name);
  systemd = await bootSystemd(site.folder);
  if (typeof systemd !== "string") await site.start({ through: systemd.inside });
});

/** A test that needs a booted systemd; elsewhere it is skipped with the reason. */
function testBooted(name: string, act: (booted: BootedSystemd) => Promise<void>): void {
  test(name, async (context) => {
    if (typeof systemd === "string") return context.skip(systemd);
    return act(systemd);
  });
}

function inside({ inside: enter }: BootedSystemd, ...words: readonly string[]): string {
  const [program = "", ...args] = [...enter, ...words];
  return spawnSync(program, args, { timeout: 10_000 }).stdout.toString();
}

testBooted("a command runs in a unit of its own, as its user, and its order is nowhere to be read", async (booted) => {
  const out = join(site.folder, "count/look");
  inside(booted, "sh", "-c", `echo '${alice.name} - nofile 777' > /etc/security/limits.d/fleet.conf`);
  inside(booted, "sh", "-c", "echo OF_PAM=here >> /etc/environment");
  const look = `(id -u; id -g; id -G; umask; pwd; grep -hE '^(Cap(Inh|Prm|Eff|Amb))' /proc/self/status | tr -d '\\n'; echo;
    grep systemd /proc/self/cgroup; echo "$TOKEN"; ulimit -n; echo "$OF_PAM"; ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/0; echo end)`;
  const order = site.run(`${look} > ${out}; sleep 1000`, { env: [`TOKEN=${SECRET} $HOME %n`] });
  await site.until(order, "started");
  const lines = await poll("the look", () => {
    const all = readIfThere(out).trimEnd().split("\n");
    return all.at(-1) === "end" && all;
  });
  const unit = `mlrun-${alice.uid}-${order.run}.service`;
  const groups = spawnSync("id", ["-G", alice.name]).stdout.toString().trim();
  expect(lines.slice(0, 5)).toEqual([String(alice.uid), String(alice.gid), groups, "0022", `/home/${alice.name}`]);
  expect(lines[5]).toBe(["Inh", "Prm", "Eff", "Amb"].map((set) => `Cap${set}:\t${"0".repeat(16)}`).join(""));
  expect(lines[6]).toContain(`/marcologger-runs.slice/${unit}`);
  // Of ls: its three, and the folder that it reads.
  expect(lines.slice(7, -1)).toEqual([`${SECRET} $HOME %n`, "777", "here", "0 1 2 3 /dev/null"]);
  expect(inside(booted, "systemctl", "show", unit)).not.toContain(SECRET);
  expect(inside(booted, "systemctl", "cat", unit)).not.toContain(SECRET);
  expect(inside(booted, "journalctl", "--no-pager")).not.toContain(SECRET);
  // In no argument, and in the environment of the command alone: not in that of mlrun or the supervisor.
  expect(processesWith("cmdline", SECRET)).toEqual([]);
  const own = processesWith("environ", SECRET);
  expect(own.filter((name) => name !== "sh" && name !== "sleep")).toEqual([]);
  expect(own).toContain("sleep");
  site.cancel(order);
  expect(await site.until(order, "failed")).toMatchObject({ signal: "SIGTERM", by: alice.name });
});

testBooted("files are written by units too, as the user, before the command's", async () => {
  const [folder, seen] = [join(site.folder, "count/of/units"), join(site.folder, "count/files")];
  const files = [site.file(`${folder}/a`, "bytes", { mode: 0o640 }), site.file(`${folder}/b`, "more")];
  const order = site.run(`cat ${folder}/a ${folder}/b > ${seen}`, { files });
  expect(await site.until(order, "finished", "failed", "refused")).toMatchObject({ state: "finished" });
  expect(readIfThere(seen)).toBe("bytesmore");
  const { uid, mode } = statSync(join(folder, "a"));
  expect([uid, mode & 0o777]).toEqual([alice.uid, 0o640]);
  const alone = site.order({ argv: [], files: [site.file(`${folder}/c`, "alone")] });
  site.send(site.key.message(alone));
  expect(await site.until(alone, "finished", "failed", "refused")).toMatchObject({ state: "finished", code: 0 });
  const refused = site.order({ argv: [], files: [site.file("/etc/cron.d/of-tests", "no")] });
  site.send(site.key.message(refused));
  expect(await site.until(refused, "refused")).toMatchObject({ why: "file-denied" });
  expect(readdirSync(folder)).toEqual(["a", "b", "c"]);
});

testBooted("files of a shared folder are written by units as its user, before the command starts", async () => {
  const [web, seen] = [join(site.folder, "count/web"), join(site.folder, "count/web-seen")];
  mkdirSync(web);
  chownSync(web, bob.uid, bob.gid);
  site.configure({ "folders.web.path": web, "folders.web.as": bob.name, "folders.web.groups": [alice.name] });
  const files = [site.file("@web/app", "shared"), site.file(`${site.folder}/count/own`, "own")];
  const order = site.run(`cat app ${site.folder}/count/own > ${seen}`, { files, cwd: "@web" });
  expect(await site.until(order, "finished", "failed", "refused")).toMatchObject({ state: "finished" });
  expect(readIfThere(seen)).toBe("sharedown");
  expect([statSync(join(web, "app")).uid, statSync(join(site.folder, "count/own")).uid]).toEqual([bob.uid, alice.uid]);
  const twice = site.order({ argv: [], files: [site.file("@web/same", "1"), site.file("@web/same", "2")] });
  site.send(site.key.message(twice));
  expect(await site.until(twice, "finished", "failed", "refused")).toMatchObject({ state: "failed", code: 125 });
  expect(readdirSync(web).sort()).toEqual(["app", "same"]);
  site.configure({});
});

testBooted("a provider looks from a unit of its own, in which nothing can be written", async (booted) => {
  const nobody = inside(booted, "id", "-u", "nobody").trim();
  site.program(
    "providers.d/look",
    `for file in /var/tmp/x /tmp/x /dev/shm/x ${join(site.folder, "count")}/x; do touch $file 2>/dev/null && echo '{"wrote":true}'; done
    printf '{"uid":%s,"unit":"%s"}' $(id -u) "$(grep -o 'mllook[^/]*' /proc/self/cgroup | head -1)"`,
  );
  expect((await site.ask("look")).rows).toEqual([{ uid: Number(nobody), unit: expect.stringMatching(/^mllook-/) }]);
  const { state, rows } = await site.ask("uptime");
  expect([state, rows.length]).toEqual(["complete", 1]);
  inside(booted, "systemd-run", "--unit=broken", "false");
  await poll("the failed unit", async () => {
    const failed = (await site.ask("units")).rows.find(({ unit }) => unit === "broken.service");
    return failed?.["active"] === "failed" && failed["state"] === "failed";
  });
  expect((await site.ask("units", "dbus.*")).rows).toContainEqual(
    expect.objectContaining({ unit: "dbus.socket", active: "active", load: "loaded" }),
  );
});

testBooted("a service runs in a unit of its own, as its user, and its answer comes back", async () => {
  site.program(
    "programs/answer",
    `printf '{"uid":%s,"in":%s,"unit":"%s"}' $(id -u) "$(cat)" "$(grep -o 'mlcall-[^/]*' /proc/self/cgroup | head -1)"`,
  );
  mkdirSync(join(site.folder, "services.d"));
  const argv = JSON.stringify([join(site.folder, "programs/answer")]);
  const text = `argv = ${argv}\nas = "${alice.name}"\ngroups = ["*"]\n`;
  writeFileSync(join(site.folder, "services.d/answer"), text, { mode: 0o644 });
  const { fleet, run, user, nodes, issued } = site.order();
  const times = { issued, expires: issued + 30_000, via: "ssh" } as const;
  const head = { v: 1, kind: "call", fleet, run, user, nodes, ...times } as const;
  site.send(site.key.message({ ...head, service: "answer", input: "[1]" }));
  const result = await poll("the result", () => site.events.find((event) => event.kind === "result"));
  expect(result).toMatchObject({ state: "finished", run, code: 0 });
  const unit = `mlcall-${alice.uid}-${run}.service`;
  expect(JSON.parse(result.output)).toEqual({ uid: alice.uid, in: [1], unit });
});

testBooted(
  "a restart of the agent stops no run; stop ends sessions of its own too, and the exit is known",
  async (booted) => {
    const pids = join(site.folder, "count/pids");
    const order = site.run(`trap '' TERM; (setsid sh -c 'trap "" TERM; echo $$ > ${pids}; sleep 1000') & sleep 1000`);
    await site.until(order, "started");
    await site.kill();
    const pid = await poll("the session's process", () => readIfThere(pids).trim() || undefined);
    await site.start({ through: booted.inside });
    site.cancel(order);
    expect(await site.until(order, "failed")).toMatchObject({ signal: "SIGKILL", by: alice.name });
    expect(inside(booted, "cat", `/proc/${pid}/comm`)).toBe("");
    const ended = site.run(site.counting("ended", "exit 4"));
    expect(await site.until(ended, "failed")).toMatchObject({ code: 4, signal: null });
    expect(site.count("ended")).toBe(1);
  },
);
