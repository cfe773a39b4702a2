import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ApiClient } from "../../support/api-client.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { MLCOLLECTOR, Site } from "../../support/site.ts";

async function makeFifo(folder: string): Promise<string> {
  const path = join(folder, "fifo");
  await run("mkfifo", [path]);
  return path;
}

describe("restarts in the middle of output", () => {
  it("a relay stopped and started again loses nothing while the command prints on", async () => {
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
    await api.untilExecution("complete", (one) => one.x === x && one.delivery === "complete");
    const printed = Array.from({ length: count }, (_, i) => `${i + 1}\n`).join("");
    expect((await api.raw(x)).toString()).toBe(printed);
    await poll("the relay to have said that it threw nothing away", async () => {
      return (await site.metrics()).includes('ml_relay_discarded_frames{node="node1"} 0\n');
    });
  }, 120_000);

  it("mlcollector reindex rebuilds a deleted index, and every answer is the same", async () => {
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
      const texts = [...paths, ...each].map(async (path) => (await api.request(`/api/${path}`)).text());
      // Whether a node's relay has connected again is not in the index.
      return (await Promise.all(texts)).map((text) => text.replace(/,"isUp":true,"seenAt":"[^"]+"/, ""));
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
