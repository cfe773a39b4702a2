import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../support/api-client.ts";
import { findLog } from "../support/find-log.ts";
import { poll } from "../support/poll.ts";
import { run } from "../support/processes.ts";
import { MLCOLLECTOR, Site } from "../support/site.ts";

/** Texts of a log's lines, without their CRI prefixes. */
const textsOf = (path: string) =>
  readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.slice(37));
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

async function makeFifo(folder: string): Promise<string> {
  const path = join(folder, "fifo");
  await run("mkfifo", [path]);
  return path;
}

describe("restarts in the middle of output", () => {
  it("a collector killed twenty times has every line once, in order, and the execution complete", async () => {
    const site = await Site.create();
    const relays = [await site.startRelay("node1"), await site.startRelay("node2")];
    const count = 150_000;
    const job = ["--job", "kill", "--quiet", "--one-line-frames", "--", "seq", String(count)];
    const runs = Promise.all(relays.map((relay) => site.mlrun(relay, job)));
    const api = await site.api();
    const started = await poll("both to begin", async () => {
      const all = await api.executions("job=kill");
      return all.length === 2 && all;
    });
    const logs = await Promise.all(started.map(({ x }) => findLog(site.dataDir, x)));
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const stored = () => logs.reduce((sum, path) => sum + sizeOf(path) + sizeOf(path.replace(/log$/, "late.log")), 0);
    const wholeBytes = logs.length * numbers(count).reduce((sum, text) => sum + text.length + 38, 0);
    let midway = 0;
    for (let i = 0; i < 20; i += 1) {
      const before = stored();
      await poll("more to be stored", () => stored() >= Math.min(before + wholeBytes / 40, wholeBytes), 60_000);
      if (stored() < wholeBytes) midway += 1;
      await site.restartCollector("SIGKILL");
    }
    expect(midway).toBeGreaterThanOrEqual(15);
    expect((await runs).map(({ code }) => code)).toEqual([0, 0]);
    // What a node's mlrun had to spool while its relay was busy goes out with the next one.
    for (const relay of relays) await site.mlrun(relay, ["--flush"]);
    const after = await site.api();
    await poll(
      "both to be complete",
      async () => {
        const all = await after.executions("job=kill");
        return all.length === 2 && all.every(({ delivery, state }) => delivery === "complete" && state === "finished");
      },
      60_000,
    );
    await poll("the late lines to be in their places", () => logs.every((path) => textsOf(path).length === count));
    for (const path of logs) expect(textsOf(path)).toEqual(numbers(count));
  }, 180_000);

  it("a relay stopped and started again loses nothing of a command that goes on printing", async () => {
    const site = await Site.create();
    const relay = await site.startRelay("node1");
    const count = 400;
    const script = `let n = 0; const timer = setInterval(() => { console.log(++n); if (n === ${count}) clearInterval(timer); }, 10);`;
    const running = site.mlrun(relay, ["--job", "relay", "--quiet", "--", process.execPath, "-e", script]);
    const api = await site.api();
    const { x } = await api.untilExecution("running", ({ job, lines }) => job === "relay" && lines > 20);
    await relay.rsyslogd.stop();
    const again = await site.restartRelay("node1");
    expect((await running).code).toBe(0);
    await site.mlrun(again, ["--flush"]);
    await api.untilExecution("complete", (one) => one.x === x && one.delivery === "complete", 30_000);
    expect((await api.raw(x)).toString()).toBe(`${numbers(count).join("\n")}\n`);
  }, 120_000);

  it("an index that was deleted is made again by mlcollector reindex, and every answer is the same", async () => {
    const site = await Site.create();
    const relay = await site.startRelay("node1");
    const outputs = ["seq 100", "echo oops >&2; exit 4", "printf 'no newline'", "kill -9 $$"];
    for (const [i, script] of outputs.entries()) {
      await site.mlrun(relay, ["--job", `job${i % 2}`, "--label", `i=${i}`, "--quiet", "--", "sh", "-c", script]);
    }
    const held = site.mlrun(
      relay,
      ["--job", "running", "--quiet", "--", "sh", "-c", "echo on; read line < $FIFO; echo $line"],
      {
        env: { FIFO: await makeFifo(site.folder) },
      },
    );
    const answers = async (api: ApiClient) => {
      const ids = (await api.executions()).map(({ x }) => x);
      const paths = ["executions?limit=3", "executions?state=failed", "executions?q=seq", "jobs", "nodes"];
      const each = ids.flatMap((x) => [`executions/${x}`, `executions/${x}/lines`, `executions/${x}/raw`]);
      return Promise.all([...paths, ...each].map(async (path) => (await api.request(`/api/${path}`)).text()));
    };
    const api = await site.api();
    await poll("all to be stored", async () => {
      const all = await api.executions();
      const isDone = all.filter(({ delivery }) => delivery === "complete").length === outputs.length;
      return isDone && all.some(({ state, lines }) => state === "running" && lines === 1);
    });
    const before = await answers(api);
    await site.collector.end("SIGTERM");
    for (const name of readdirSync(site.dataDir)) if (name.startsWith("index.db")) rmSync(join(site.dataDir, name));
    const rebuilt = await run(process.execPath, [MLCOLLECTOR, "reindex", "--data-dir", site.dataDir]);
    expect(rebuilt).toMatchObject({ code: 0, stdout: `${outputs.length + 1} executions indexed\n` });
    await site.startCollector();
    const after = await site.api();
    expect(await answers(after)).toEqual(before);
    writeFileSync(join(site.folder, "fifo"), "off\n");
    expect((await held).code).toBe(0);
    const done = await after.untilExecution(
      "finished",
      ({ job, delivery }) => job === "running" && delivery === "complete",
    );
    expect((await after.raw(done.x)).toString()).toBe("on\noff\n");
  });

  it("SIGTERM stops the collector within 5 s, with everything stored and exit code 0", async () => {
    const site = await Site.create();
    const relay = await site.startRelay("node1");
    expect((await site.mlrun(relay, ["--quiet", "--", "seq", "1000"])).code).toBe(0);
    await (await site.api()).untilExecution("complete", ({ delivery }) => delivery === "complete");
    expect(await site.restartCollector("SIGTERM")).toEqual({ code: 0, signal: null });
    expect((await (await site.api()).executions())[0]).toMatchObject({ lines: 1_000, delivery: "complete" });
  });
});
