import { expect, test } from "vitest";
import { testInShort } from "../../soak/in-short.ts";
import { mlrunFaults } from "../../soak/mlrun-faults.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { metric, ROOT } from "../../support/ingest-site.ts";
import { cleanEnvironment, startMlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { startRelay } from "../../support/relay.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { pkiLasting, TlsSite } from "../../support/tls-site.ts";

testInShort(mlrunFaults);

/** Longer than three beats. */
const SILENCE_MS = 31_000;
/** Longer than ended executions stay in memory. */
const IDLE_MS = 61_000;

test("mlrun: SIGKILL: what the relay had is stored without a hole, and the execution becomes lost", async () => {
  let laterMs = 0;
  const pki = await pkiLasting(undefined, "node1");
  const { site } = await TlsSite.start(pki, { nowMs: () => Date.now() + laterMs });
  const relay = await startRelay({ collectorPort: site.relp.port, pki });
  const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: await tempFolder() });
  const running = startMlrun(["--quiet", "--job", "killed", "--one-line-frames", "--", "seq", "1000000000"], { env });
  const found = async () => (await site.archive.list(ROOT, { job: "killed", limit: 1 })).executions[0];
  await poll("many lines", async () => ((await found())?.lines ?? 0) > 10_000);
  running.signal("SIGKILL");
  await running.ended;
  await relay.stop();
  await poll("its session to be over", async () => (await metric(site, "ml_relp_connections")) === 0);
  laterMs = SILENCE_MS;
  const lost = await poll("it to be lost", async () => {
    const one = await found();
    return one?.state === "lost" && one;
  });
  expect(lost).toMatchObject({ missing: [], endedAt: null, delivery: "incomplete", lastN: lost.lines });
  let [n, rest] = [0, ""];
  for await (const bytes of site.archive.raw(ROOT, { x: lost.x, node: "node1" })) {
    const lines = (rest + bytes.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      n += 1;
      if (line !== String(n)) throw new Error(`Line ${n} is ${line}`);
    }
  }
  expect(n).toBe(lost.lines);
});

test("a lost execution leaves memory, and resumes when it sends again", async () => {
  let laterMs = 0;
  const pki = await pkiLasting(undefined, "node1");
  const tls = await TlsSite.start(pki, { nowMs: () => Date.now() + laterMs });
  const relay = await tls.connect("node1");
  const one = fakeExecution();
  const state = async () => (await tls.site.archive.get(ROOT, { x: one.x, node: "node1" }))?.state;
  await relay.send(one.begin(), one.lines(1, ["before"]), one.beat(1, 1));
  laterMs = SILENCE_MS;
  await poll("it to be lost", async () => (await state()) === "lost");
  laterMs += IDLE_MS;
  await poll("it to be forgotten", async () => (await metric(tls.site, "ml_store_executions")) === 0);
  expect(await state()).toBe("lost");
  await relay.send(one.lines(2, ["after"]));
  expect(await state()).toBe("running");
  await relay.send(one.end(2));
  expect(await tls.site.archive.get(ROOT, { x: one.x, node: "node1" })).toMatchObject({
    delivery: "complete",
    lines: 2,
    missing: [],
  });
});

test("an execution whose output was cut at its end is incomplete, even with every line that END counts", async () => {
  const pki = await pkiLasting(undefined, "node1");
  const tls = await TlsSite.start(pki);
  const relay = await tls.connect("node1");
  const one = fakeExecution();
  await relay.send(one.begin(), one.lines(1, ["before"]), one.end(1, { cutShort: true }));
  const stored = await tls.site.archive.get(ROOT, { x: one.x, node: "node1" });
  expect(stored).toMatchObject({ state: "finished", delivery: "incomplete", lines: 1, missing: [] });
});
