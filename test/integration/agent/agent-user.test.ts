import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { executionOf } from "../../../src/orders/execution-of.ts";
import { AgentSite } from "../../support/agent-site.ts";
import { poll } from "../../support/poll.ts";
import { processesWith } from "../../support/processes-with.ts";
import { readIfThere } from "../../support/read-if-there.ts";
import { createTestUser } from "../../support/root.ts";

const IS_ROOT = process.getuid?.() === 0;
const SECRET = "s3cret-of-the-order";

/** What a command sees of itself. */
const LOOK = `id -u; id -g; id -G; umask; pwd; ulimit -n; cat /proc/self/status | grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)';
  ls /proc/self/fd | tr '\\n' ' '; echo; readlink /proc/self/fd/0; ps -o sid= -p $$ | grep -c .; env | sort`;

test.skipIf(!IS_ROOT)("a command has everything of its user, and nothing of the agent", async () => {
  const alice = await createTestUser("fleet", { groups: ["audio", "games"] });
  const site = await AgentSite.create(alice.name);
  site.configure({ "min-uid": 1_000 });
  await site.start({ env: { OF_THE_AGENT: "leaks" } });
  const out = join(site.folder, "count/look");
  const order = site.run(`(${LOOK}) > ${out} 2>&1; sleep 1000`, {
    env: [`TOKEN=${SECRET}`, "HOME=/elsewhere"],
    cwd: "~",
  });
  await site.until(order, "started");
  const lines = await poll("the look", () => {
    const all = readIfThere(out).trimEnd().split("\n");
    return all.some((line) => line.startsWith("USER=")) && all;
  });
  const groups = execFileSync("id", ["-G", alice.name]).toString().trim();
  expect(lines.slice(0, 5)).toEqual([String(alice.uid), String(alice.gid), groups, "0022", `/home/${alice.name}`]);
  // Without systemd nobody opens a session with limits of its own: they are those of mlagent-root.
  const limits = readIfThere(`/proc/${site.root?.pid}/limits`);
  expect(lines[5]).toBe(/^Max open files\s+(\S+)/m.exec(limits)?.[1]);
  const capabilities = lines.filter((line) => /^Cap(Inh|Prm|Eff|Amb)/.test(line));
  expect(capabilities.map((line) => line.split("\t")[1])).toEqual(Array(4).fill("0000000000000000"));
  // Of ls: its three, and the folder that it reads.
  expect(lines).toContain("0 1 2 3 ");
  expect(lines).toContain("/dev/null");
  const variables = lines.filter((line) => line.includes("="));
  expect(variables).toContain(`TOKEN=${SECRET}`);
  expect(variables).toContain("HOME=/elsewhere");
  expect(variables).toContain(`USER=${alice.name}`);
  expect(variables.filter((line) => line.startsWith("OF_THE_AGENT"))).toEqual([]);
  // Nobody else sees what the order brought: only the command itself, and what it has started, have it.
  expect(processesWith("cmdline", SECRET)).toEqual([]);
  const own = await poll("all processes of the command", () => {
    const names = processesWith("environ", SECRET);
    return names.includes("sleep") && names;
  });
  expect(own.filter((name) => name !== "sh" && name !== "sleep")).toEqual([]);
  expect(readIfThere(join(site.folder, "state/journal"))).not.toContain(SECRET);
  site.cancel(order);
  await site.until(order, "failed");
});

test.skipIf(!IS_ROOT)(
  "what a user with dots in the name has published is listed, and a call of it says which execution it is",
  async () => {
    const user = await createTestUser("first.last-");
    const site = await AgentSite.create(user.name);
    await site.start();
    const name = `${user.name}/lab/jupyter`;
    const order = site.run("sleep 1000", { publish: "lab/jupyter" });
    await poll("the advertisement", () => site.offered.includes(name));
    const { fleet, run, nodes, issued } = site.order();
    const times = { issued, expires: issued + 30_000, via: "ssh" } as const;
    const call = {
      v: 1,
      kind: "call",
      fleet,
      run,
      user: user.name,
      nodes,
      ...times,
      service: name,
      input: "",
    } as const;
    site.send(site.key.message(call));
    const refused = await site.until(call, "refused");
    const x = executionOf(order.run, "node1");
    expect(refused).toMatchObject({ why: "not-offered", text: expect.stringContaining(`\`mlctl tail ${x}\``) });
    site.cancel(order);
    await poll("the end of the advertisement", () => !site.offered.includes(name));
  },
);

test.skipIf(!IS_ROOT)("a user whose uid has changed since the order came gets nothing", async () => {
  const alice = await createTestUser("fleet");
  const site = await AgentSite.create(alice.name);
  let mayConfirm = false;
  site.answer = (event) => (event.kind === "journal" && !mayConfirm ? undefined : "+");
  await site.start();
  const order = site.run(site.counting("uid"));
  await site.until(order, "accepted");
  // Refused while a process of theirs is alive: the one before may still hand over its output.
  await poll("a new uid", () => spawnSync("usermod", ["--uid", `${alice.uid + 40_000}`, alice.name]).status === 0);
  mayConfirm = true;
  expect(await site.until(order, "refused")).toMatchObject({ why: "uid-changed" });
  expect(site.count("uid")).toBe(0);
});

test.skipIf(!IS_ROOT)("a file of keys that somebody else could write trusts nobody", async () => {
  const site = await AgentSite.create();
  execFileSync("chmod", ["g+w", join(site.folder, "trust")]);
  await site.start();
  const order = site.run("true");
  expect(await site.until(order, "refused")).toMatchObject({ why: "key-not-trusted" });
  // The collector hears of it as well.
  const told = () => site.events.find((event) => event.kind === "error" && event.text.includes("others may write"));
  await poll("the error", told);
  execFileSync("chmod", ["g-w", join(site.folder, "trust")]);
  await site.until(site.run("true"), "finished");
});
