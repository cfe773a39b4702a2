import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { release, userInfo } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { FleetKey } from "../../support/fleet-keys.ts";
import { FleetSite } from "../../support/fleet-site.ts";
import { poll } from "../../support/poll.ts";

let fleet: FleetSite;
let counts: string;

beforeAll(async () => {
  fleet = await FleetSite.create();
  counts = join(fleet.site.folder, "count");
  mkdirSync(counts);
});

/** Leaves a line for each time that it is executed. */
const counting = (name: string, then = "") => ["sh", "-c", `echo x >> ${join(counts, name)}; ${then}`];
const count = (name: string) => {
  const path = join(counts, name);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
};
const lines = (text: string) => text.split("\n").filter((line) => line !== "");

describe("--dry-run", () => {
  test("asks the nodes, and starts nothing", async () => {
    const asked = await fleet.run("-n", "*", "--dry-run", "--", ...counting("dry"));
    expect(asked).toMatchObject({ code: 0, stdout: "node1\twould start it\nnode2\twould start it\n", stderr: "" });
    expect(count("dry")).toBe(0);
    expect(await fleet.runs()).toEqual([]);
  });

  test("of an order with files puts nothing, and sends none", async () => {
    const [file, to] = [join(fleet.mlctl.folder, "input"), join(counts, "put")];
    writeFileSync(file, "x\n");
    const asked = await fleet.runHere("-n", "*", "--dry-run", "--put", file, "--to", to, "--", ...counting("dry"));
    expect(asked).toMatchObject({ code: 0, stdout: "node1\twould start it\nnode2\twould start it\n" });
    expect([existsSync(to), count("dry")]).toEqual([false, 0]);
    const other = join(fleet.mlctl.folder, "other");
    mkdirSync(other);
    writeFileSync(join(other, "input"), "another\n");
    const taken = await fleet.runHere("-n", "node1", "--dry-run", "--put", file, "--to", other, "--", "true");
    expect(taken).toMatchObject({
      code: 125,
      stdout: expect.stringMatching(/^node1\twould refuse it: Something else is there/),
    });
    const putDry = await fleet.mlctl.here([
      "put",
      "--key",
      fleet.key.path,
      "-n",
      "node1",
      "--dry-run",
      "--to",
      to,
      file,
    ]);
    expect(putDry).toMatchObject({ code: 0, stdout: "node1\twould start it\n" });
    expect(await fleet.site.metrics()).toContain("\nml_fleet_file_bytes 0\n");
    expect(await fleet.runs()).toEqual([]);
  });

  test.each([
    ["a folder that is missing", ["--cwd", "/nonexistent"], /would fail: the folder is missing there/],
    ["a key that nobody trusts", ["--key", "foreign"], /would refuse it: No trust file of this node has the key/],
  ])("names %s", async (_, words, said) => {
    if (words[1] === "foreign") words.splice(1, 1, FleetKey.make(fleet.mlctl.folder, "foreign").path);
    const asked = await fleet.mlctl.here([
      ...["run", "--key", fleet.key.path, "-n", "node1", "--dry-run", ...words],
      ...["--", "true"],
    ]);
    expect(asked).toMatchObject({ code: 125, stdout: expect.stringMatching(said) });
  });

  test("names a node that is absent", async () => {
    await fleet.site.mlctl("pki", "issue", "node3", "--dir", fleet.site.pki);
    await fleet.site.collector.waitFor(/broker admits nodes nodes=3/);
    const asked = await fleet.runHere("-n", "node[1,3]", "--dry-run", "--json", "--", "true");
    const answers = lines(asked.stdout).map((line) => JSON.parse(line) as object);
    expect(answers).toMatchObject([
      { node: "node1", answer: "would" },
      { node: "node3", answer: "absent" },
    ]);
    expect(asked.code).toBe(125);
  });
});

describe("mlctl ask", () => {
  const ask = (...words: readonly string[]) => fleet.mlctl.run(["ask", "--key", fleet.key.path, ...words]);
  const answersOf = ({ stdout }: { readonly stdout: string }) =>
    lines(stdout).map((line) => JSON.parse(line) as { node: string; answer: string; rows: { pid?: number }[] });

  test("prints a row of each node, and names who is absent", async () => {
    const asked = await ask("uptime");
    expect(asked).toMatchObject({ code: 125, stderr: "mlctl: node3: absent\n" });
    expect(lines(asked.stdout).map((line) => line.split("\t").length)).toEqual([5, 5]);
    expect(await ask("memory", "-n", "node[1-2]")).toMatchObject({ code: 0, stderr: "" });
    expect(await fleet.runs()).toEqual([]);
  });

  test("on a terminal prints each answer as it comes, in one table, and names at the end who gave none", async () => {
    fleet.agents[1]?.root.signal("SIGSTOP");
    const words = ["ask", "--key", fleet.key.path, "--within", "20s", "-n", "node[1-2]", "time"];
    const asked = fleet.mlctl.startOnTerminal(words);
    try {
      await asked.waitFor(/NODE[\s\S]*node[12] /);
      expect(asked.output()).not.toContain(fleet.agents[1]?.node ?? "");
    } finally {
      fleet.agents[1]?.root.signal("SIGCONT");
    }
    await asked.ended;
    const rows = lines(stripVTControlCharacters(asked.output()).replaceAll("\r", ""));
    expect(rows.map((row) => row.split(" ")[0])).toEqual(["NODE", fleet.agents[0]?.node, fleet.agents[1]?.node]);
    const { output } = await fleet.mlctl.onTerminal(["ask", "--key", fleet.key.path, "time"]);
    expect(lines(output).at(-1)).toBe("mlctl: node3: absent");
  });

  test("shows the processes of the user who signed", async () => {
    const { pid } = fleet.agents[0]?.root ?? {};
    // By its name: of all of a busy user's, only those are shown that used the processor most.
    const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    const asked = await ask("processes", "-n", "node1", "--json", name);
    const pids = answersOf(asked).flatMap(({ rows }) => rows.map((row) => row.pid));
    expect([asked.code, pids.includes(pid)]).toEqual([0, true]);
  });

  test.each([
    [
      "no such provider",
      ["weather"],
      "node1: nothing to answer: It has no such provider: `mlctl ask providers` lists them",
    ],
    ["too many arguments", ["uptime", "x"], "node1: could not answer: uptime takes no argument"],
  ])("says: %s", async (_, words, said) => {
    expect(await ask(...words, "-n", "node1")).toMatchObject({ code: 125, stdout: "", stderr: `mlctl: ${said}\n` });
  });

  test("nodes that answer nothing for the same reason are named together", async () => {
    const asked = await ask("weather", "-n", "node[1-2]");
    expect(asked).toMatchObject({ code: 125, stderr: expect.stringMatching(/^mlctl: node\[1-2\]: nothing[^\n]*\n$/) });
  });

  test("a key that nobody trusts gets no answer", async () => {
    const { path } = FleetKey.make(fleet.mlctl.folder, "stranger");
    const asked = await fleet.mlctl.run(["ask", "--key", path, "-n", "node1", "uptime"]);
    expect(asked).toMatchObject({ code: 125, stdout: "", stderr: expect.stringContaining("refuses the question: No") });
  });

  test("a node that hangs is named at the end of the time, and the others answer", async () => {
    fleet.agents[1]?.root.signal("SIGSTOP");
    const asked = await ask("time", "-n", "node[1-2]", "--within", "3s", "--json").finally(() =>
      fleet.agents[1]?.root.signal("SIGCONT"),
    );
    const [first, second] = answersOf(asked);
    const [one, two] = fleet.agents[1]?.node === "node2" ? [first, second] : [second, first];
    expect([asked.code, one?.answer, two?.answer]).toEqual([125, "complete", "silent"]);
  });
});

describe("mlctl nodes", () => {
  const fields = (text: string) => lines(text).map((line) => line.split("\t"));

  test("shows the agents of a fleet behind what it shows without one, also of nodes on which nothing ran", async () => {
    const rows = fields((await fleet.mlctl.here(["nodes"])).stdout);
    expect(rows.map(([node]) => node)).toEqual(["node1", "node2", "node3"]);
    const [one, , three] = rows.map((row) => row.slice(6));
    const count = expect.stringMatching(/^\d+$/);
    const clock = expect.stringMatching(/^-?\d+ ms$/);
    expect(one?.slice(0, 2)).toEqual(["present", expect.stringMatching(/^\d+\./)]);
    expect(one?.slice(2)).toEqual([
      expect.stringMatching(/^\d+\.\d\d$/),
      count,
      count,
      count,
      clock,
      `Linux ${release()}`,
    ]);
    expect(three).toEqual(["absent", "-", "-", "-", "-", "-", "-", "-"]);
    expect(fields((await fleet.mlctl.here(["nodes", "n*1,node3"])).stdout).map(([node]) => node)).toEqual([
      "node1",
      "node3",
    ]);
    const json = (await fleet.mlctl.here(["nodes", "--json", "node1"])).stdout;
    expect(JSON.parse(json)).toMatchObject({ node: "node1", fleet: { node: "node1", state: "present" } });
    const { output } = await fleet.mlctl.onTerminal(["nodes"]);
    expect(output).toMatch(/NODE.*STATE.*AGENT.*LOAD.*FREE.*MEMORY.*COMMANDS.*CLOCK.*RELAY.*SEEN.*KERNEL/);
    expect(output).toContain("\u001b[32mpresent");
  });

  test("-w goes on: rows that change in a pipe, a table drawn over itself on a terminal", async () => {
    const piped = fleet.mlctl.start(["nodes", "-w", "node1"]);
    await piped.waitFor(/(?:^node1\t.*\n){2}/m);
    await piped.end("SIGINT");
    const shown = fleet.mlctl.startOnTerminal(["nodes", "-w"]);
    await shown.waitFor(/\[4A\r.\[J[\s\S]*node3/);
    await shown.end("SIGINT");
  });
});

test("--where chooses nodes by labels that a script of the node found", async () => {
  const folder = join(fleet.site.folder, "node2-agent/facts.d");
  mkdirSync(folder);
  writeFileSync(join(folder, "role"), `#!/bin/sh\necho '{"role":"render"}'\n`, { mode: 0o755 });
  const asked = await poll("the label", async () => {
    const { code, stdout } = await fleet.runHere("--where", "role=render", "--dry-run", "--", "true");
    return code === 0 && stdout;
  });
  expect(asked).toBe("node2\twould start it\n");
});

describe("mlctl call", () => {
  const call = (...words: readonly string[]) => fleet.mlctl.run(["call", "--key", fleet.key.path, ...words]);
  const services = () => fleet.mlctl.run(["services"]).then(({ stdout }) => stdout);
  const offer = (node: string, name: string, script: string, under = "site") => {
    const folder = join(fleet.site.folder, `${node}-agent/services.d`, under);
    mkdirSync(folder, { recursive: true });
    const argv = JSON.stringify(["/bin/sh", "-c", script]);
    const as = process.getuid?.() === 0 ? "nobody" : userInfo().username;
    writeFileSync(join(folder, name), `argv = ${argv}\nas = "${as}"\ngroups = ["*"]\n`);
  };

  test("hands JSON to a service on a node that has it, and prints its JSON", async () => {
    offer("node2", "count", `printf '{"got":%s}' "$(cat)"`);
    await poll("the service", async () => (await services()).includes("site/count\tnode2\t-\t-\t-\n"));
    expect(await call("site/count", '{"n":1}')).toMatchObject({ code: 0, stdout: '{"got":{"n":1}}\n', stderr: "" });
    expect(await call("site/count", "--node", "node1")).toMatchObject({ code: 1 });
  });

  test("names what does not work", async () => {
    const missing = await call("site/nothing");
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("No node that is there offers") });
    expect(await call("site/count", "{")).toMatchObject({ code: 2, stderr: expect.stringContaining("expected JSON") });
  });

  test("lists what a command has published, where, by whom and since when, as long as it runs; a call says how to reach it", async () => {
    const name = `${userInfo().username}/lab`;
    expect(await fleet.run("-n", "node2", "--publish", "a b", "--", "true")).toMatchObject({ code: 2 });
    await fleet.run("-n", "node2", "--publish", "lab", "--job", "lab", "--no-wait", "--", "sleep", "1000");
    const row = () => services().then((all) => lines(all).find((line) => line.startsWith(name)));
    const { x = "" } = (await fleet.lastRun("lab")).nodes[0] ?? {};
    // The node lists it a moment before the collector has stored that it runs.
    const known = await poll("the command", async () => ((await row())?.includes(x) ? row() : undefined));
    expect(known?.split("\t")).toEqual([name, "node2", userInfo().username, expect.stringMatching(/^2\S+Z$/), x]);
    const refused = await call(name);
    expect(refused).toMatchObject({ code: 125, stdout: "" });
    expect(refused.stderr).toContain("node2: refuses the call: A running command has published this name");
    expect(refused.stderr).toContain(`\`mlctl tail ${x}\``);
    // A service of that name on another node takes every call.
    offer("node1", "lab", "echo 1", userInfo().username);
    await poll("the service", async () => (await services()).includes(`${name}\tnode1\t-\t-\t-\n`));
    for (let i = 0; i < 4; i += 1) expect(await call(name)).toMatchObject({ code: 0, stdout: "1\n" });
    expect(await call(name, "--node", "node2")).toMatchObject({ code: 125 });
    // Published there as well: which of both takes calls, only the nodes say.
    await fleet.run("-n", "node1", "--publish", "lab", "--job", "both", "--no-wait", "--", "sleep", "1000");
    await poll("both", async () => !(await services()).includes(`${name}\tnode1\t-`));
    for (let i = 0; i < 4; i += 1) expect(await call(name)).toMatchObject({ code: 0, stdout: "1\n" });
    await fleet.mlctl.here(["stop", "--key", fleet.key.path, "both"]);
    rmSync(join(fleet.site.folder, `node1-agent/services.d/${name}`));
    const exported = await fleet.mlctl.here(["runs", "--export", (await fleet.lastRun("lab")).run]);
    expect(JSON.parse(exported.stdout)).toMatchObject({ publish: "lab" });
    await fleet.mlctl.here(["stop", "--key", fleet.key.path, "lab"]);
    await poll("its end", async () => (await row()) === undefined);
  });
});

describe("--batch", () => {
  test("begins on the next nodes once all before have ended", async () => {
    const go = join(counts, "go");
    const words = ["-n", "node2,node1", "--batch", "1", "--job", "batch", "--no-wait"];
    await fleet.runHere(...words, "--", ...counting("batch", `until [ -e ${go} ]; do sleep 0.05; done; exit 3`));
    const half = await fleet.until("batch", ({ nodes }) => nodes[1]?.state === "started");
    expect(half.nodes.map(({ node, state }) => [node, state])).toEqual([
      ["node1", "held"],
      ["node2", "started"],
    ]);
    writeFileSync(go, "");
    const done = await fleet.until("batch", ({ isDone }) => isDone);
    expect(done.nodes.map(({ code }) => code)).toEqual([3, 3]);
    expect(count("batch")).toBe(2);
  });

  test("pauses after a failure; continue goes on", async () => {
    const words = ["-n", "node[1-2]", "--batch", "1", "--pause-on-failure", "--job", "canary"];
    const paused = await fleet.run(...words, "--", ...counting("canary", "exit 4"));
    expect(paused).toMatchObject({ code: 125, stderr: expect.stringContaining("mlctl: paused. mlctl continue") });
    expect(await fleet.lastRun("canary")).toMatchObject({ isPaused: true, isDone: false });
    expect(count("canary")).toBe(1);
    expect(await fleet.mlctl.here(["continue"])).toMatchObject({ code: 0 });
    const done = await fleet.until("canary", ({ isDone }) => isDone);
    expect(done).toMatchObject({ isPaused: false, nodes: [{ code: 4 }, { code: 4 }] });
    expect(count("canary")).toBe(2);
    expect(await fleet.mlctl.here(["continue", done.run])).toMatchObject({ code: 1 });
  });

  test("stopped while it is paused, it never begins on the others", async () => {
    const words = ["-n", "node[1-2]", "--batch", "1", "--pause-on-failure", "--job", "ended"];
    await fleet.runHere(...words, "--", ...counting("ended", "exit 1"));
    await fleet.mlctl.here(["stop", "--key", fleet.key.path, "ended"]);
    expect(await fleet.lastRun("ended")).toMatchObject({
      isDone: true,
      nodes: [{ state: "failed" }, { state: "cancelled" }],
    });
    expect(count("ended")).toBe(1);
  });
});

test("--again runs it on the nodes that failed, with variables from here", async () => {
  const script = `test -e ${counts}/fixed || exit 6; echo "$TOKEN"`;
  const words = ["-n", "node[1-2]", "--job", "flaky", "--env", "TOKEN=first"];
  expect(await fleet.runHere(...words, "--", "sh", "-c", script)).toMatchObject({ code: 6 });
  writeFileSync(join(counts, "fixed"), "");
  const { run } = await fleet.lastRun("flaky");
  expect(await fleet.runHere("--again", run)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("There is no variable TOKEN here"),
  });
  const again = await fleet.mlctl.here(["run", "--key", fleet.key.path, "--again", run], { TOKEN: "second" });
  expect(again).toMatchObject({ code: 0 });
  expect(lines(again.stdout).sort()).toEqual(["node1: second", "node2: second"]);
  expect(await fleet.runHere("--again", (await fleet.lastRun("flaky")).run)).toMatchObject({ code: 1 });
});

test("--export prints what --from sends again, without values of variables", async () => {
  await fleet.runHere("-n", "node1", "--job", "exported", "--env", "SECRET=hidden", "--cwd", "/tmp", "--", "pwd");
  const exported = await fleet.mlctl.here(["runs", "--export", (await fleet.lastRun("exported")).run]);
  expect(exported.stdout).not.toContain("hidden");
  expect(JSON.parse(exported.stdout)).toMatchObject({ nodes: ["node1"], argv: ["pwd"], env: ["SECRET"], cwd: "/tmp" });
  const file = join(fleet.mlctl.folder, "orders");
  writeFileSync(file, exported.stdout + JSON.stringify({ nodes: "node[1-2]", argv: ["true"], job: "second" }));
  const sent = await fleet.mlctl.here(["run", "--key", fleet.key.path, "--from", file], { SECRET: "x" });
  expect(sent).toMatchObject({ code: 0 });
  const done = await fleet.until("second", ({ isDone }) => isDone);
  expect(lines(sent.stdout)).toEqual([(await fleet.lastRun("exported")).run, done.run]);
  writeFileSync(file, '{"nodes":"*","argv":["true"],"shell":1}\n');
  const wrong = await fleet.runHere("--from", file);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("Line 1: there is no shell") });
});

test("mlctl event of a user on a node stands where errors of nodes stand", async () => {
  const folder = join(fleet.site.folder, "node2-agent/events");
  const left = await fleet.mlctl.run(["event", "--folder", folder, "-s", "error", "backup", "no", "tape"]);
  expect(left).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const listed = await poll("the event", async () => {
    const { stdout } = await fleet.mlctl.here(["nodes", "--events"]);
    return stdout.includes("no tape") && stdout;
  });
  expect(listed).toMatch(new RegExp(`^\\S+\tnode2\terror\t${userInfo().username}\tbackup\tno tape$`, "m"));
  await fleet.site.collector.waitFor(/<3>\S+ a node reports: no tape node=node2 name=backup/);
  expect((await fleet.mlctl.here(["nodes", "--events", "node1"])).stdout).not.toContain("no tape");
});

test("while the collector is away, signed orders wait here, and are executed once when it is back", async () => {
  const batched = ["-n", "node[1-2]", "--batch", "1", "--pause-on-failure", "--job", "across"];
  await fleet.run(...batched, "--", ...counting("across", "exit 1"));
  await fleet.site.collector.end("SIGKILL");
  const words = ["-n", "node1", "--job", "spooled", "--tries", "1"];
  const kept = await fleet.run(...words, "--", ...counting("spooled"));
  expect(kept).toMatchObject({ code: 75, stdout: "", stderr: expect.stringContaining("mlctl run --flush sends it") });
  const folder = join(fleet.mlctl.folder, "state/marcologger/orders");
  const [file = ""] = readdirSync(folder);
  const text = readFileSync(join(folder, file), "utf8");
  await fleet.site.startCollector();
  await poll("the nodes to be present", async () => {
    const { stdout } = await fleet.run("-n", "node1", "--dry-run", "--", "true");
    return stdout.includes("would start it");
  });
  await fleet.until("spooled", ({ isDone }) => isDone);
  expect(readdirSync(folder)).toEqual([]);
  // What was paused before still is.
  expect(await fleet.lastRun("across")).toMatchObject({ isPaused: true, isDone: false });
  await fleet.mlctl.run(["continue"]);
  await fleet.until("across", ({ isDone }) => isDone);
  expect(count("across")).toBe(2);
  // mlctl was killed after the collector had taken it: it is sent again, and changes nothing.
  writeFileSync(join(folder, file), text);
  expect(await fleet.run("--flush")).toMatchObject({ code: 0, stderr: expect.stringContaining("sent what waited") });
  expect(readdirSync(folder)).toEqual([]);
  expect(count("spooled")).toBe(1);
  expect((await fleet.runs()).filter(({ job }) => job === "spooled")).toHaveLength(1);
});
