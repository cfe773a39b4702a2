import { expect, it } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay, ROOT, rootAndBob, startIngestSite } from "../../support/ingest-site.ts";

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
