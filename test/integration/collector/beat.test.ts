import { expect, it } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay, ROOT, rootAndBob, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";

it("a command that may be buffering is shown so, until it prints or waits again", async () => {
  const on = await startIngestSite({ ownerOf: rootAndBob });
  const execution = fakeExecution();
  const { x, node } = execution;
  const shown = async () => (await on.archive.get(ROOT, { x, node }))?.mayBuffer;
  const relay = await openRelay(on);
  await relay.send(execution.begin(), execution.lines(1, ["one"]), execution.beat(1, 1));
  expect(await shown()).toBeUndefined();
  await relay.send(execution.beat(1, "7 buffering"));
  expect(await shown()).toBe(true);
  await relay.send(execution.beat(1, "6 buffering"), execution.beat(1, 8));
  expect(await shown()).toBeUndefined();
  await relay.send(execution.beat(1, "9 buffering"), execution.lines(2, ["two"]));
  expect(await shown()).toBeUndefined();
});

it("an exit is shown before END; END fixes the last line; silence after an exit is incomplete, not lost", async () => {
  const clock = { nowMs: 1_000_000 };
  const on = await startIngestSite({ ownerOf: rootAndBob, nowMs: () => clock.nowMs });
  const [execution, silent] = [fakeExecution(), fakeExecution()];
  const shown = async ({ x, node } = execution) => await on.archive.get(ROOT, { x, node });
  const exit = JSON.stringify({ code: 3, signal: null, endedAt: "2026-11-20T04:17:44.960662Z" });
  const relay = await openRelay(on);
  for (const one of [execution, silent]) await relay.send(one.begin(), one.lines(1, ["one"]), one.beat(1, `1 ${exit}`));
  expect(await shown()).toMatchObject({ state: "failed", code: 3, delivery: "receiving" });
  expect(await on.archive.remove(ROOT, { x: execution.x, node: execution.node })).toBe("running");
  await relay.send(execution.lines(2, ["late"]), execution.end(2));
  expect(await shown()).toMatchObject({ state: "finished", delivery: "complete", lines: 2 });
  clock.nowMs += 60_000;
  await poll("the silent one", async () => (await shown(silent))?.delivery === "incomplete");
  expect(await shown(silent)).toMatchObject({ state: "failed", code: 3 });
});
