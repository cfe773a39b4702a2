import { join } from "node:path";
import { expect, test } from "vitest";
import { frameOf, gateBegin } from "../../support/as-sent.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { poll } from "../../support/poll.ts";
import { sendLines } from "../../support/send.ts";
import { Site } from "../../support/site.ts";

/** Half of it is for executions without a BEGIN. */
const QUARANTINE_BYTES = 1_048_576;
const STRANGERS = 200;

test("an execution whose lines and END were discarded before its BEGIN came shows the missing lines and the reason", async () => {
  const site = await Site.create({ settings: `[limits]\nquarantine-bytes-per-node = ${QUARANTINE_BYTES}\n` });
  await site.startRelay("node1");
  const relay = join(site.folder, "node1-relay");
  // Without the gate, as a replay of a journal without its first part.
  const send = (frames: readonly string[]) => sendLines(join(relay, "lines.sock"), frames.map(frameOf));
  const late = fakeExecution({ node: "node1", job: "late" });
  await send([late.lines(1, ["one", "two"]), late.end(2)]);
  await send(Array.from({ length: STRANGERS }, () => fakeExecution({ node: "node1" }).lines(1, ["x".repeat(7_000)])));
  const isEvicted = async () => /^ml_quarantine_evicted_total\{.*\} [1-9]/m.test(await site.metrics());
  await poll("the oldest to be discarded", isEvicted);
  const begin = late.begin();
  const sender = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, pid: process.pid };
  await sendLines(join(relay, "begin.sock"), [gateBegin(begin.slice(begin.indexOf("{")), sender)]);
  const api = await site.api();
  const shown = await poll("the execution", async () => (await api.executions("job=late"))[0]);
  // With END its exit is gone as well: it is lost after 30 s of silence, and what is missing is known before.
  expect(shown).toMatchObject({
    x: late.x,
    lines: 0,
    lastN: 2,
    missing: [[1, 2]],
    discarded: [{ from: 1, to: 2, reason: "quarantine", limit: QUARANTINE_BYTES / 2 }],
  });
});
