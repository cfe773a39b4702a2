import { beforeAll, describe, expect, test } from "vitest";
import { type FakeExecution, fakeExecution, relayFrame, STARTED_AT } from "../../support/envelopes.ts";
import { freePort } from "../../support/free-port.ts";
import { openRelay } from "../../support/ingest-site.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { DRIVES, HOSTILE, plain, startReadingSite } from "../../support/reading-site.ts";
import type { RelpClient } from "../../support/relp-client.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";
import { startSearchSite } from "../../support/search-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startWeb } from "../../support/web.ts";

let relay: RelpClient;
let mlctl: RemoteMlctl;
let train: FakeExecution;

beforeAll(async () => {
  ({ relay, mlctl, train } = await startReadingSite());
});

describe("mlctl tail", () => {
  test("shows the last lines, pieces joined, a line without an end last", async () => {
    const result = await mlctl.run(["tail", "-n", "5", train.x]);
    expect(result).toMatchObject({
      code: 0,
      stdout: "a long error here\nred \\u0007\\u202eend\non stderr\nprompt? \n",
    });
    expect((await mlctl.run(["tail", "--stream", "stderr", "--time", "utc", train.x])).stdout).toBe(
      "2026-11-20T04:17:44.960662Z on stderr\n",
    );
    expect((await mlctl.run(["tail", "--exit-status", "-n0", train.x])).code).toBe(3);
    const [line] = (await mlctl.run(["tail", "--json", "-n3", train.x])).stdout.split("\n");
    expect(JSON.parse(line ?? "")).toMatchObject({ x: train.x, node: "gpu1", n: 5, stream: "stdout", text: HOSTILE });
    const { output } = await mlctl.onTerminal(["tail", train.x]);
    expect(output).toContain("\u001b[31mred");
    expect(plain(output)).not.toMatch(DRIVES);
  });

  test("-f follows a running execution until it has ended and everything is here", async () => {
    const live = fakeExecution({ node: "gpu3" });
    await relay.send(live.begin(), live.lines(1, ["first"]));
    const tail = mlctl.start(["tail", "-f", "--exit-status", live.x]);
    await tail.waitFor(/first\n/);
    await relay.send(live.lines(2, ["sec"], { fragment: true }), live.lines(3, ["ond"]));
    await tail.waitFor(/second\n/);
    await relay.send(live.lines(4, ["last"]), live.end(4, { code: 7 }));
    expect(await tail.ended).toMatchObject({ code: 7 });
    expect(tail.output()).toBe("first\nsecond\nlast\n");
  });

  test("-f of several shows a line that comes late, once, and says that it is", async () => {
    const [a, b] = [fakeExecution({ node: "gpu5", job: "late" }), fakeExecution({ node: "gpu6", job: "late" })];
    const run = { run: "late-1" };
    await relay.send(a.begin(run), b.begin(run), a.lines(1, ["one"]), a.lines(4, ["four"]), b.lines(1, ["of b"]));
    const tail = mlctl.start(["tail", "-f", "late"]);
    const json = mlctl.start(["tail", "-f", "--json", "late"]);
    for (const each of [tail, json]) await each.waitFor(/of b/);
    // What comes before it is connected is read in order.
    await relay.send(b.lines(2, ["of both, live"]));
    for (const each of [tail, json]) await each.waitFor(/of both, live/);
    // What is stored by the time that a line is printed comes before it.
    await relay.send(a.lines(6, ["six"]));
    for (const each of [tail, json]) await each.waitFor(/six/);
    await relay.send(a.lines(2, ["two"]), a.lines(5, ["five"]));
    for (const each of [tail, json]) await each.waitFor(/five/);
    await relay.send(a.lines(5, ["five"]), a.lines(3, ["three"]), a.end(6), b.end(2));
    expect(await tail.ended).toMatchObject({ code: 0 });
    const ofA = tail
      .output()
      .split("\n")
      .filter((line) => line.startsWith("gpu5"));
    expect(ofA.map((line) => line.replace(/^gpu5: */, ""))).toEqual([
      "one",
      "four",
      "six",
      "[late, line 2] two",
      "[late, line 5] five",
      "[late, line 3] three",
    ]);
    await json.ended;
    const late = json
      .output()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((line) => line.late);
    expect(late.map(({ n }) => n)).toEqual([2, 5, 3]);
  });

  test("puts lines of a node whose clock is behind where they belong, says so, and can leave them", async () => {
    const at = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000Z`;
    const nowMs = Date.now();
    for (let i = 0; i < 3; i += 1) await relay.send(relayFrame({ node: "slow", time: at(nowMs - 60_000) }));
    const [slow, right] = ["slow", "right"].map((node) => fakeExecution({ node, job: "clocks" }));
    if (slow === undefined || right === undefined) throw new Error("Two are made");
    const [run, time] = [{ run: "c1" }, STARTED_AT.slice(0, -1)];
    const later = right.lines(1, ["first"]).replace(time, time.replace("04:17:44", "04:18:00"));
    await relay.send(slow.begin({ ...run, startedAt: at(nowMs - 61_000) }), slow.lines(1, ["second"]), slow.end(1));
    await relay.send(right.begin({ ...run, startedAt: at(nowMs) }), later, right.end(1));
    const texts = ({ stdout }: { stdout: string }) => stdout.match(/first|second/g);
    const corrected = await mlctl.run(["tail", "clocks"]);
    expect(texts(corrected)).toEqual(["first", "second"]);
    expect(corrected.stderr).toMatch(
      /^mlctl: slow's clock is 1 m 0 s behind: its lines are moved \(--node-clock leaves them\)\n$/,
    );
    const left = await mlctl.run(["tail", "--node-clock", "clocks"]);
    expect([texts(left), left.stderr]).toEqual([["second", "first"], ""]);
  });

  test("-f goes on after a restart of the collector, and ends with its token", async () => {
    const [dataDir, listen] = [await tempFolder(), { host: "127.0.0.1", port: await freePort() }];
    const own = await startSearchSite({ web: { dataDir, listen } });
    const user = await RemoteMlctl.signedIn(own.web.origin, "alice");
    const sender = await openRelay(own.on);
    const [live, endless] = [fakeExecution(), fakeExecution()];
    await sender.send(live.begin(), live.lines(1, ["before"]), endless.begin(), endless.lines(1, ["for ever"]));
    const tails = [user.start(["tail", "-f", live.x]), user.start(["tail", "-f", endless.x])];
    await tails[0]?.waitFor(/before\n/);
    await tails[1]?.waitFor(/for ever\n/);
    await own.web.stop();
    await sender.send(live.lines(2, ["after"]), live.end(2));
    const ownerId = ({ user: name }: { user: string }) => (name === "alice" ? "root" : name);
    await startWeb({ served: own.on.archive, dataDir, listen, ownerId });
    expect(await tails[0]?.ended).toMatchObject({ code: 0 });
    expect(tails[0]?.output()).toBe("before\nafter\n");
    expect((await user.run(["logout"])).code).toBe(0);
    expect(await tails[1]?.ended).toMatchObject({ code: 1 });
    expect(tails[1]?.output()).toContain("the token has ended. Sign in again: mlctl login");
  });

  test("ends quietly when its reader has enough", async () => {
    const long = fakeExecution({ node: "gpu4" });
    const texts = Array.from({ length: 200 }, (_, i) => `${i} ${"x".repeat(20)}`);
    await relay.send(
      long.begin(),
      ...Array.from({ length: 100 }, (_, i) => long.lines(i * 200 + 1, texts)),
      long.end(20_000),
    );
    const [command, ...words] = program("mlctl", "tail", "-n", "20000", long.x);
    const script = 'set -o pipefail; "$@" | head -1; exit $?';
    const env = { ...process.env, XDG_CONFIG_HOME: mlctl.folder };
    const result = await run("bash", ["-c", script, "bash", command, ...words], { env });
    expect(result).toMatchObject({ code: 141, stdout: `${texts[0]}\n`, stderr: "" });
  });
});
