import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { type FakeExecution, fakeExecution, STARTED_AT } from "../../support/envelopes.ts";
import { openRelay } from "../../support/ingest-site.ts";
import type { RelpClient } from "../../support/relp-client.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";
import { type SearchSite, startSearchSite } from "../../support/search-site.ts";

const HOUR = STARTED_AT.slice(0, 14);

let site: SearchSite;
let relay: RelpClient;
let mlctl: RemoteMlctl;
/** Run r1 of train, on gpu1, gpu2 and gpu10, and run r2 on gpu1 and gpu2. */
let first: FakeExecution[];
let second: FakeExecution[];

/** A frame printed so many seconds after the hour. */
function at(seconds: number, frame: string): string {
  const time = `${HOUR}${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}.500000`;
  return frame.replace(/ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+/, ` ${time}`);
}

beforeAll(async () => {
  site = await startSearchSite();
  relay = await openRelay(site.on);
  mlctl = await RemoteMlctl.signedIn(site.web.origin, "alice");
  first = ["gpu1", "gpu2", "gpu10"].map((node) => fakeExecution({ job: "train", node }));
  second = ["gpu1", "gpu2"].map((node) => fakeExecution({ job: "train", node }));
  for (const [i, each] of first.entries()) {
    const loss = i === 2 ? "loss nan" : "loss 0.5";
    await relay.send(
      at(0, each.begin({ run: "r1", labels: { rank: String(i) }, startedAt: STARTED_AT })),
      at(10 + i, each.lines(1, ["begins"])),
      at(20 - i, each.lines(2, [`took ${i}.3 s`], { fragment: false })),
      at(30, each.lines(3, [loss])),
      at(40, each.end(3, { code: i })),
    );
  }
  for (const [i, each] of second.entries()) {
    const startedAt = STARTED_AT.replace("T04:17", "T05:17");
    await relay.send(
      each.begin({ run: "r2", labels: { rank: String(i) }, startedAt }),
      each.lines(1, ["begins", `took ${i}.9 s`, i === 0 ? "loss 0.4" : "loss 0.5"]),
      each.end(3),
    );
  }
});

const x = (of: readonly FakeExecution[], i: number) => of[i]?.x ?? "";

describe("mlctl tail of a run", () => {
  test("shows the nodes' lines by time, each with its node, in natural order", async () => {
    const { stdout } = await mlctl.here(["tail", "train@r1"]);
    expect(stdout.split("\n").slice(0, -1)).toEqual([
      "gpu1: begins",
      "gpu2: begins",
      "gpu10: begins",
      "gpu10: took 2.3 s",
      "gpu2: took 1.3 s",
      "gpu1: took 0.3 s",
      "gpu1: loss 0.5",
      "gpu2: loss 0.5",
      "gpu10: loss nan",
    ]);
  });

  test.each([
    [["train@1", "-n1"], "gpu1: loss 0.4\ngpu2: loss 0.5\n"],
    [["train@2", "-n1", "--node", "gpu[2-10]"], "gpu2: loss 0.5\ngpu10: loss nan\n"],
    [["--job", "train", "-n1", "--node", "gpu1"], "gpu1: loss 0.4\n"],
    [["--job", "train", "--run", "r1", "-n1", "--node", "gpu1"], "gpu1: loss 0.5\n"],
    [["train@r1", "-n1", "--node", "gpu10", "--time", "utc"], `gpu10: ${HOUR}00:30.500000Z loss nan\n`],
    [["@1", "-n1", "--time", "relative"], "+0.000 loss 0.5\n"],
    [["@2", "-n1"], "loss 0.4\n"],
  ])("%j", async (args, expected) => {
    const words = args.map((word) => (word === "@1" ? x(second, 1) : word === "@2" ? x(second, 0) : word));
    const result = await mlctl.here(["tail", ...words]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    if (!words.includes("relative")) expect(result.stdout).toBe(expected);
    else expect(result.stdout).toMatch(/^[+-]\d+\.\d{3} loss 0\.5\n$/);
  });

  test("exits as the worst of them", async () => {
    expect((await mlctl.here(["tail", "train@r1", "-n0", "--exit-status"])).code).toBe(2);
  });

  test("-f goes on with all of them by time, with executions that begin later, and ends with the last", async () => {
    const nodes = ["gpu1", "gpu2"].map((node) => fakeExecution({ job: "live", node }));
    const [one, two] = nodes;
    if (one === undefined || two === undefined) throw new Error("Not begun");
    await relay.send(one.begin({ run: "l1" }), one.lines(1, ["early"]));
    const tail = mlctl.startOnTerminal(["tail", "-f", "--exit-status", "live"]);
    await tail.waitFor(/early/);
    await relay.send(two.begin({ run: "l1" }), at(59, two.lines(1, ["second"])), at(58, one.lines(2, ["first"])));
    await tail.waitFor(/second/);
    await relay.send(one.end(2), two.lines(2, ["last"]), two.end(2, { code: 4 }));
    expect((await tail.ended).code).toBe(4);
    const shown = stripVTControlCharacters(tail.output()).replaceAll("\r\n", "\n");
    expect(shown).toBe("gpu1 | early\ngpu1 | first\ngpu2 | second\ngpu2 | last\n");
    // Each node has a colour of its own.
    for (const name of ["\u001b[36mgpu1\u001b[0m ", "\u001b[33mgpu2\u001b[0m "]) expect(tail.output()).toContain(name);
  });

  test("--all shows what runs, and goes on with what begins", async () => {
    const [one, two] = [fakeExecution({ node: "n1" }), fakeExecution({ node: "n2" })];
    await relay.send(one.begin(), one.lines(1, ["runs"]));
    const tail = mlctl.start(["tail", "-f", "--all"]);
    await tail.waitFor(/n1: runs\n/);
    await relay.send(two.begin(), two.lines(1, ["begins"]), two.end(1));
    await tail.waitFor(/n2: begins\n/);
    expect(tail.output()).toBe("n1: runs\nn2: begins\n");
    await tail.end("SIGINT");
    await relay.send(one.end(1));
  });

  test.each([
    [["tail"], 2, /expected ID, JOB, JOB@RUN or --all/],
    [["tail", "--all", "train"], 2, /not both/],
    [["tail", "train", "--node", "gpu[1"], 2, /Cannot read "gpu\[1": "\[" has no "\]"/],
    [["tail", "train@r7"], 1, /has no run "r7"/],
    [["tail", "@999"], 1, /There is no execution @999. `mlctl ls` lists/],
  ])("refuses %j", async (args, code, message) => {
    expect(await mlctl.here(args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });
});

describe("mlctl fold", () => {
  test.each([
    [
      ["train@r1"],
      [
        "gpu[1-2,10]: begins",
        "gpu10: took 2.3 s",
        "gpu2: took 1.3 s",
        "gpu1: took 0.3 s",
        "gpu[1-2]: loss 0.5",
        "gpu10: loss nan",
      ],
    ],
    [
      ["train@r1", "--ignore", "numbers"],
      ["gpu[1-2,10]: begins", "gpu[1-2,10]: took 2.3 s", "gpu[1-2]: loss 0.5", "gpu10: loss nan"],
    ],
    [
      ["train@r1", "-i", "all", "--odd", "-c"],
      ["      2 gpu[1-2]: loss 0.5", "      1 gpu10: loss nan"],
    ],
    [
      ["train", "--node", "gpu1"],
      ["gpu1: begins", "gpu1: took 0.9 s", "gpu1: loss 0.4"],
    ],
  ])("%j", async (args, lines) => {
    const { code, stdout } = await mlctl.here(["fold", ...args]);
    expect([code, stdout.trimEnd().split("\n")]).toEqual([0, lines]);
  });

  test("colours the odd ones on a terminal, and prints objects", async () => {
    const { output } = await mlctl.onTerminal(["fold", "train@r1", "-i", "numbers"]);
    expect(output).toContain("\u001b[33mgpu10\u001b[0m: loss nan\n");
    expect(output).toContain("\ngpu[1-2,10]: took");
    expect(output).toContain("2 of 4 different lines were not printed by all 3 nodes\n");
    const { stdout } = await mlctl.run(["fold", "--json", "train@r1", "--odd", "-i", "numbers"]);
    expect(
      stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { nodes: "gpu[1-2]", count: 2, odd: true, text: "loss 0.5" },
      { nodes: "gpu10", count: 1, odd: true, text: "loss nan" },
    ]);
  });
});

describe("mlctl diff", () => {
  test("of two nodes is diff -u's", async () => {
    const { code, stdout } = await mlctl.run(["diff", "gpu1", "gpu10", "--job", "train", "--run", "r1"]);
    expect(code).toBe(1);
    expect(stdout).toBe(
      "--- gpu1\n+++ gpu10\n@@ -1,3 +1,3 @@\n begins\n-took 0.3 s\n-loss 0.5\n+took 2.3 s\n+loss nan\n",
    );
  });

  test.each([
    [["gpu1", "gpu2", "--job", "train", "--run", "r1", "-i", "numbers"], 0, ""],
    [["train@r1", "train@r2", "-i", "numbers", "-q"], 1, ""],
    [["train@r2", "train", "-i", "numbers"], 0, ""],
    [["FIRST1", "SECOND1", "-C0"], 1, "--- FIRST1\n+++ SECOND1\n@@ -2 +2 @@\n-took 1.3 s\n+took 1.9 s\n"],
  ])("%j", async (args, code, stdout) => {
    const ids = (text: string) => text.replaceAll("FIRST1", x(first, 1)).replaceAll("SECOND1", x(second, 1));
    const result = await mlctl.here(["diff", ...args.map(ids)]);
    expect(result).toMatchObject({ code, stdout: ids(stdout) });
    // Rank 2 has no counterpart in the other run.
    expect(result.stderr).toBe(args.includes("-q") ? "mlctl: only on one side: rank 2\n" : "");
  });

  test("on a terminal has colours; fails with 2", async () => {
    const { code, output } = await mlctl.onTerminal(["diff", "gpu1", "gpu10", "--job", "train", "--run", "r1"]);
    expect(code).toBe(1);
    expect(output).toContain("\u001b[31m-loss 0.5\u001b[0m\n");
    expect(output).toContain("\u001b[32m+loss nan\u001b[0m\n");
    const missing = await mlctl.here(["diff", "gpu1", "gpu7", "--job", "train"]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("its nodes are gpu1, gpu2") });
    const noJob = await mlctl.here(["diff", "gpu1", "gpu2"]);
    expect(noJob).toMatchObject({ code: 2, stderr: expect.stringContaining("mlctl diff NODE-A NODE-B --job JOB") });
  });
});

describe("mlctl wait", () => {
  test("ends when all of a run have ended, as the worst of them", async () => {
    expect((await mlctl.here(["wait", "train@r1"])).code).toBe(2);
    const nodes = ["gpu1", "gpu2"].map((node) => fakeExecution({ job: "slow", node }));
    for (const each of nodes) await relay.send(each.begin({ run: "s1" }));
    const waits = mlctl.startOnTerminal(["wait", "slow"]);
    await waits.waitFor(/2 of 2 run/);
    const piped = mlctl.start(["wait", "--json", "slow"]);
    await relay.send(nodes[0]?.end(0, { code: 3 }) ?? "");
    await waits.waitFor(/1 of 2 run/);
    await relay.send(nodes[1]?.end(0, { code: null, signal: "SIGTERM" }) ?? "");
    expect((await waits.ended).code).toBe(143);
    expect((await piped.ended).code).toBe(143);
    expect(
      piped
        .output()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).code)
        .sort(),
    ).toEqual([3, null]);
  });

  test("gives up after its time", async () => {
    const endless = fakeExecution();
    await relay.send(endless.begin());
    const result = await mlctl.here(["wait", endless.x, "--timeout", "0.05"]);
    const what = `1 of 1, ${endless.node} ${endless.x}`;
    expect(result).toMatchObject({ code: 124, stderr: `mlctl: still running after 0.05: ${what}\n` });
    await relay.send(endless.end(0));
  });
});

describe("mlctl open", () => {
  test.each([
    [[], ""],
    [["FIRST0"], "?x=FIRST0&node=gpu1"],
    [["train@2"], "?job=train&run=r1"],
    [["train"], "?job=train"],
  ])("%j", async (args, query) => {
    const ids = (text: string) => text.replaceAll("FIRST0", x(first, 0));
    const { stdout } = await mlctl.here(["open", ...args.map(ids)]);
    expect(stdout).toBe(`${site.web.origin}/${ids(query)}\n`);
  });

  test("prints the same on a terminal", async () => {
    expect((await mlctl.onTerminal(["open"])).output).toBe(`${site.web.origin}/\n`);
  });
});

describe("mlctl nodes", () => {
  test("lists the nodes of one's executions in natural order, with their relays", async () => {
    const { stdout } = await mlctl.here(["nodes", "gpu[1-10]"]);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(rows.map(([node]) => node)).toEqual(["gpu1", "gpu2", "gpu10"]);
    expect(rows[2]?.slice(1)).toEqual(["up", expect.stringMatching(/^20\S+Z$/), "0", "1", STARTED_AT]);
    const { output } = await mlctl.onTerminal(["nodes"]);
    expect(output).toMatch(/NODE .*RELAY.*SEEN .*RUNNING.*EXECUTIONS.*LAST START/);
    expect(output).toContain("\u001b[32mup");
    const [json] = (await mlctl.here(["nodes", "--json", "gpu10"])).stdout.split("\n");
    expect(JSON.parse(json ?? "")).toMatchObject({ node: "gpu10", isUp: true, running: 0, executions: 1 });
  });
});
