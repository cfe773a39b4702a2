import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Sidecar } from "../../../src/store/execution/sidecar.ts";
import { FakeItems, numbersTo } from "../../support/fake-items.ts";
import { type IngestSite, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const MERGED = [".log", ".meta"];
const UNMERGED = [".late.log", ".log", ".meta"];
const COUNT = 20_000;

const merged = (on: IngestSite, a: FakeItems) =>
  poll("the merge", () => a.endings(on).every((ending) => MERGED.includes(ending)));

/** Resolves when merges of all are due and none has had its first turn. */
async function complete(on: IngestSite, all: readonly FakeItems[], count = COUNT): Promise<void> {
  for (const a of all) await a.begin(on);
  for (const a of all) {
    const batch = [a.lines(on, 1, 10), a.lines(on, 20, count), a.lines(on, 11, 19), a.end(on, count)];
    expect(on.store.store(batch)).toBe("stored");
  }
}

function sidecarOf(on: IngestSite, a: FakeItems): Sidecar {
  const { execution } = on.store.slotFor(a.identity);
  if (execution === undefined) throw new Error("Not loaded");
  return execution.sidecar;
}

describe("a merge of late lines", () => {
  it("interrupted by a kill is finished by the next start, even if the index has the end", async () => {
    const on = await startIngestSite();
    const a = new FakeItems();
    await complete(on, [a]);
    await on.store.indexStates(undefined);
    const dataDir = join(await tempFolder(), "data");
    cpSync(on.dataDir, dataDir, { recursive: true });
    writeFileSync(a.path({ dataDir }, ".log.new"), readFileSync(a.path({ dataDir }, ".log")).subarray(0, 1_000));

    const again = await startIngestSite({ dataDir });
    await merged(again, a);
    expect(await a.numbers(again)).toEqual(numbersTo(COUNT));
  });

  it("is cut short by a stop, and finished by the next start", async () => {
    const on = await startIngestSite();
    const all = [new FakeItems(), new FakeItems()];
    await complete(on, all);
    await on.stop();
    for (const a of all) expect(a.endings(on)).toEqual(UNMERGED);

    const again = await startIngestSite({ dataDir: on.dataDir });
    for (const a of all) {
      await merged(again, a);
      expect(await a.numbers(again)).toEqual(numbersTo(COUNT));
    }
    expect([...on.logLines, ...again.logLines].filter((line) => line.includes("late lines stay"))).toEqual([]);
  });

  it("blocks no deletion, of merging or waiting executions", async () => {
    const on = await startIngestSite();
    const [a, b, c] = [new FakeItems(), new FakeItems(), new FakeItems()];
    await complete(on, [a, b, c]);
    // In the turn in which its last line came, a is being merged, and the others wait.
    expect(a.endings(on)).toContain(".late.log");
    expect(await Promise.all([on.archive.remove(ROOT, b), on.archive.remove(ROOT, a)])).toEqual(["removed", "removed"]);
    expect([...a.endings(on), ...b.endings(on)]).toEqual([]);
    await merged(on, c);
    expect(await c.numbers(on)).toEqual(numbersTo(COUNT));
  });

  it("that could not be recorded on disk does not happen", async () => {
    const on = await startIngestSite();
    const a = new FakeItems();
    await a.begin(on);
    const sidecar = sidecarOf(on, a);
    const append = sidecar.append.bind(sidecar);
    sidecar.append = (record, durable) => {
      append(record, durable);
      if (record.t === "merged") throw Object.assign(new Error("Cannot sync"), { code: "EIO" });
    };
    await on.store.store([a.lines(on, 1, 10), a.lines(on, 20, 30)]);
    await on.store.store([a.lines(on, 11, 19), a.end(on, 30)]);
    await poll("the failure", () => on.logLines.some((line) => line.includes("late lines stay")));
    expect(a.endings(on)).toEqual(UNMERGED);
    await on.stop();

    const again = await startIngestSite({ dataDir: on.dataDir });
    await merged(again, a);
    expect(await a.numbers(again)).toEqual(numbersTo(30));
  });

  it("leaves alone late lines that came after it, behind the end", async () => {
    const dataDir = await tempFolder();
    const a = new FakeItems();
    const on = await startIngestSite({ dataDir });
    await complete(on, [a], 30);
    await merged(on, a);
    await on.store.store([a.lines(on, 50, 60), a.lines(on, 31, 40)]);
    const expected = [...numbersTo(40), ...numbersTo(60).slice(49)];
    expect(await a.numbers(on)).toEqual(expected);
    await on.stop();

    const second = await startIngestSite({ dataDir });
    expect(await second.archive.get(ROOT, a)).toMatchObject({ lines: expected.length });
    expect(await a.numbers(second)).toEqual(expected);
    await second.stop();

    // A merge that was not decided blocks no other, however large.
    writeFileSync(a.path({ dataDir }, ".log.new"), readFileSync(a.path({ dataDir }, ".log")).subarray(0, 30 * 45));
    const third = await startIngestSite({ dataDir, reindex: true });
    expect(await a.numbers(third)).toEqual(expected);
  });

  it("is not done for lines with a hole behind the end: they would get wrong numbers", async () => {
    const dataDir = await tempFolder();
    const a = new FakeItems();
    const on = await startIngestSite({ dataDir });
    await a.begin(on);
    await on.store.store([a.lines(on, 1, 10), a.lines(on, 25, 30), a.lines(on, 11, 20), a.end(on, 15)]);
    const expected = [...numbersTo(20), ...numbersTo(30).slice(24)];
    await on.stop();
    const again = await startIngestSite({ dataDir });
    expect(await a.numbers(again)).toEqual(expected);
    expect(a.endings(again)).toEqual(UNMERGED);
  });
});
