import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { FleetKey } from "../../support/fleet-keys.ts";
import { FleetSite } from "../../support/fleet-site.ts";
import { poll } from "../../support/poll.ts";
import type { RemoteMlctl } from "../../support/remote-mlctl.ts";
import type { Site } from "../../support/site.ts";

const { username } = userInfo();
let fleet: FleetSite;
let site: Site;
let mlctl: RemoteMlctl;
let key: FleetKey;

beforeAll(async () => {
  fleet = await FleetSite.create();
  ({ site, mlctl, key } = fleet);
});

const run = (...words: string[]) => fleet.run(...words);
const lastRun = (job: string) => fleet.lastRun(job);

test("files go to the nodes, alone or before a command; an archive becomes its folder", async () => {
  const [here, there] = [join(mlctl.folder, "here"), join(site.folder, "there")];
  mkdirSync(here);
  writeFileSync(join(here, "a.conf"), "a=1\n");
  writeFileSync(join(here, "big"), Buffer.alloc(2_500_000, "x"));
  writeFileSync(join(here, "go.sh"), "cat a.conf\n", { mode: 0o755 });
  execFileSync("tar", ["-C", here, "-czf", join(here, "app.tar.gz"), "go.sh", "a.conf"]);
  const order = (...words: string[]) => mlctl.run([...words.slice(0, 1), "--key", key.path, ...words.slice(1)]);
  const put = await order("put", "here/a.conf", "here/big", "-n", "node1", "--to", there, "--mode", "640");
  expect(put).toMatchObject({ code: 0 });
  expect(readFileSync(join(there, "big")).length).toBe(2_500_000);
  expect(statSync(join(there, "a.conf")).mode & 0o777).toBe(0o640);
  const again = await order("put", "here/a.conf", "-n", "node1", "--to", there);
  expect(again).toMatchObject({ code: 125, stderr: expect.stringContaining("--overwrite (") });
  const both = ["-n", "node2", "--put", "here/a.conf", "--to", `${there}/own`, "--cwd", `${there}/own`];
  expect(await order("run", ...both, "--", "cat", "a.conf")).toMatchObject({ code: 0, stdout: "node2: a=1\n" });
  const deploy = ["deploy", "here/app.tar.gz", "-n", "node1", "--to", `${there}/app`];
  expect(await order(...deploy, "--", "./go.sh")).toMatchObject({ code: 0, stdout: "node1: a=1\n" });
  expect(await order(...deploy, "--overwrite")).toMatchObject({ code: 0 });
  expect(readdirSync(there).sort()).toEqual(["a.conf", "app", "big", "own"]);
  const file = ["deploy", "here/a.conf", "-n", `node2:${there}/conf`];
  expect(await order(...file, "--", "cat", "a.conf")).toMatchObject({ code: 0, stdout: "node2: a=1\n" });
  expect((await lastRun("a.conf")).nodes).toMatchObject([{ node: "node2", state: "finished" }]);
  expect(await order(...file, "--to", "elsewhere")).toMatchObject({ code: 2 });
  writeFileSync(join(here, "app.tar.xz"), "\xfd7zXZ");
  expect(await order("deploy", "here/app.tar.xz", "-n", `node2:${there}/xz`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("expected tar, plain or packed by gzip"),
  });
  expect(await order("put", "here/none", "-n", "node1")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no such file"),
  });
}, 30_000);

test("a command runs on the nodes as who signed, its lines arrive merged, and its exit code is the highest", async () => {
  const script = "echo out on $(id -un); echo err >&2; test $1 = 3 && exit 3; exit 0";
  const result = await run(
    "-n",
    "node[1-2]",
    "--job",
    "both",
    "--env",
    "SECRET=hidden",
    "--",
    "sh",
    "-c",
    script,
    "x",
    "3",
  );
  expect(result).toMatchObject({ code: 3 });
  expect(result.stdout.split("\n").filter(Boolean).sort()).toEqual([
    "node1: err",
    `node1: out on ${username}`,
    "node2: err",
    `node2: out on ${username}`,
  ]);
  expect(result.stderr).toMatch(/node1: failed, exit code 3/);
  const view = await lastRun("both");
  expect(view).toMatchObject({ isDone: true, via: "ssh", owner: username });
  expect(view.nodes).toMatchObject([
    { node: "node1", state: "failed", code: 3 },
    { node: "node2", state: "failed", code: 3 },
  ]);
  // The executions have the ids that were known before, and their run's.
  const { stdout } = await mlctl.run(["ls", "--job", "both", "--run", view.run]);
  const ids = stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t")[0]);
  expect(ids.sort()).toEqual(view.nodes.map(({ x }) => x).sort());
  expect(JSON.stringify(view)).not.toContain("hidden");
});

test("finished everywhere is 0; a node that refuses is 125, with its reason", async () => {
  expect(await run("-n", "*", "--", "true")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const foreign = FleetKey.make(mlctl.folder, "foreign");
  const refused = await mlctl.run(["run", "--key", foreign.path, "-n", "node1", "--", "true"]);
  expect(refused).toMatchObject({ code: 125, stdout: "" });
  expect(refused.stderr).toContain("node1: refused: No trust file of this node has the key");
});

describe("mlctl stop", () => {
  test("ends the command on all nodes, and says who asked", async () => {
    const started = await run(
      "-n",
      "node1,node2",
      "--no-wait",
      "--job",
      "long",
      "--kill-after",
      "1s",
      "--",
      "sleep",
      "1000",
    );
    const id = started.stdout.trim();
    await poll("both to have started", async () => {
      return (await lastRun("long")).nodes.every(({ state }) => state === "started");
    });
    const stopped = await mlctl.run(["stop", "--key", key.path, "long"]);
    expect(stopped).toMatchObject({ code: 0 });
    // Under load they may take longer than stop waits.
    expect(stopped.stdout).toMatch(/^(?:node[12]\t\w{26}\t(?:failed, SIGTERM, stopped by \S+|stopping)\n){2}$/);
    const view = await poll("the end", async () => {
      const now = await lastRun("long");
      return now.isDone ? now : undefined;
    });
    expect(view).toMatchObject({ run: id, nodes: [{ by: username }, { by: username }] });
    expect(view.nodes.map(({ signal }) => signal)).toEqual(["SIGTERM", "SIGTERM"]);
  });
});

test("what does not end at its TERM is stopping", async () => {
  const go = join(site.folder, "let-it-go");
  const script = `trap '' TERM; echo ready; until [ -e ${go} ]; do sleep 0.1; done`;
  await run("-n", "node1", "--no-wait", "--job", "stubborn", "--kill-after", "60s", "--", "sh", "-c", script);
  await poll("its line", async () => (await mlctl.run(["tail", "stubborn"])).stdout.includes("ready"));
  const stopped = await mlctl.run(["stop", "--key", key.path, "stubborn"]);
  expect(stopped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^node1\t\w{26}\tstopping\n$/) });
  writeFileSync(go, "");
  await fleet.until("stubborn", ({ isDone }) => isDone);
});

test("an absent node is left out, or waited for; stopped before it comes, the command never starts there", async () => {
  await site.mlctl("pki", "issue", "node3", "--dir", site.pki);
  await site.collector.waitFor(/broker admits nodes nodes=3/);
  expect(await run("-n", "node3", "--", "true")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("None of the nodes is there (node3)"),
  });
  const waiting = await run("-n", "node[1,3]", "--wait", "1h", "--no-wait", "--job", "later", "--", "true");
  expect(waiting.stderr).toContain("waits for: node3");
  await poll("node1 to finish", async () => (await lastRun("later")).nodes[0]?.state === "finished");
  const stopped = await mlctl.run(["stop", "--key", key.path, "later", "--json"]);
  expect(JSON.parse(stopped.stdout)).toMatchObject({
    isDone: true,
    nodes: [{ state: "finished" }, { node: "node3", state: "cancelled", by: username }],
  });
});

test("the collector killed while a command runs: its end arrives after the restart", async () => {
  await run(
    "-n",
    "node1",
    "--no-wait",
    "--job",
    "across",
    "--",
    "sh",
    "-c",
    `until [ -e ${site.folder}/go ]; do sleep 0.05; done; exit 4`,
  );
  await poll("the start", async () => (await lastRun("across")).nodes[0]?.state === "started");
  await site.restartCollector("SIGKILL");
  mkdirSync(join(site.folder, "go"));
  const view = await poll("the end", async () => {
    const now = await lastRun("across");
    return now.isDone ? now : undefined;
  });
  expect(view.nodes).toMatchObject([{ state: "failed", code: 4 }]);
});
