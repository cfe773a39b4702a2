import { describe, expect, it } from "vitest";
import type { OwnerAnswer } from "../../../src/store/owner/owner-lookup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { metric, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";

const BOB = { name: "bob", uid: undefined };

/** A directory that knows bob at once and answers for others on command. */
function slowDirectory() {
  const asked: { uid: number; answer: (owner: OwnerAnswer) => void }[] = [];
  const ownerOf = (_node: string, uid: number) =>
    uid === 1_001
      ? Promise.resolve<OwnerAnswer>(BOB)
      : new Promise<OwnerAnswer>((answer) => void asked.push({ uid, answer }));
  return { asked, ownerOf };
}

describe("while the user directory takes its time over a node's uids", () => {
  it("stores others' lines of the same session, and looks up a bounded number of uids", async () => {
    const { asked, ownerOf } = slowDirectory();
    const on = await startIngestSite({ ownerOf });
    const relay = await openRelay(on);
    const before = fakeExecution();
    await relay.send(before.begin({}, 1_001));
    const flood = Array.from({ length: 100 }, (_, i) => fakeExecution().begin({}, 5_000 + i));
    const bob = fakeExecution();
    await relay.send(...flood, bob.begin({}, 1_001), bob.lines(1, ["1"]), bob.end(1));
    expect(await on.archive.get(ROOT, bob)).toMatchObject({ owner: "bob", delivery: "complete" });
    expect(asked).toHaveLength(4);
    expect(await metric(on, "ml_store_owner_lookups")).toBe(100);
    for (let answered = 0; answered < 100; ) {
      await poll("the next one is asked for", () => asked.length > 0);
      for (const { answer } of asked.splice(0)) {
        answer(undefined);
        answered += 1;
      }
    }
    await poll("nothing is asked for", async () => (await metric(on, "ml_store_owner_lookups")) === 0);
    expect(await metric(on, "ml_store_refused_begins_total", '"unknown-uid"')).toBeGreaterThan(0);
  });

  it("keeps an execution's lines waiting, stores them at the answer, and loses none within its quota", async () => {
    const { asked, ownerOf } = slowDirectory();
    const on = await startIngestSite({ ownerOf, quarantine: { maxExecutionBytes: 1_000 } });
    const relay = await openRelay(on);
    const a = fakeExecution();
    await relay.send(a.begin({}, 1_002), a.lines(1, ["first"]));
    expect(await on.archive.get(ROOT, a)).toBeUndefined();
    expect(await metric(on, "ml_quarantine_begins")).toBe(1);
    let isStored = false;
    const frames = Array.from({ length: 20 }, (_, i) => a.lines(i + 2, ["x".repeat(200)]));
    const rest = relay.send(...frames, a.end(21)).then(() => {
      isStored = true;
    });
    await poll("its quota is used up", async () => (await metric(on, "ml_ingest_lines_total")) >= 21);
    expect(isStored).toBe(false);
    asked[0]?.answer({ name: "alice", uid: undefined });
    await rest;
    expect(await on.archive.get(ROOT, a)).toMatchObject({ owner: "alice", delivery: "complete", lines: 21 });
    expect(await metric(on, "ml_store_discarded_lines_total")).toBe(0);
    await poll("nothing waits any more", async () => (await metric(on, "ml_quarantine_bytes")) === 0);
  });
});
