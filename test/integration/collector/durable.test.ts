import { readdirSync, readlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Chunk } from "../../../src/frame/chunk.ts";
import type { Item } from "../../../src/frame/item.ts";
import type { Slot } from "../../../src/store/table/slot.ts";
import { FakeItems, numbersTo } from "../../support/fake-items.ts";
import { type IngestSite, metric, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { describeAsRoot } from "../../support/root.ts";
import { SmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const merged = (on: IngestSite, a: FakeItems) =>
  poll("the merge", () => a.endings(on).every((ending) => ending === ".log" || ending === ".meta"));

/** Descriptors of this process on unlinked files below a folder. */
function openButDeleted(folder: string): string[] {
  const paths = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return paths.filter((path) => path.startsWith(folder) && path.endsWith(" (deleted)"));
}

describe("with sync = always", () => {
  it("a merge that ends before the next batch does not disturb it", async () => {
    const on = await startIngestSite({ durable: true });
    const [a, b] = [new FakeItems(), new FakeItems()];
    await on.store.store([a.lines(on, 1, 5), a.lines(on, 10, 15), a.lines(on, 6, 9), a.end(on, 15)]);
    expect(await a.claim(on)).toBe("stored");
    await merged(on, a);
    expect(await on.store.store([])).toBe("stored");
    await b.begin(on);
    expect(await on.store.store([b.lines(on, 1, 1)])).toBe("stored");
    expect(await a.numbers(on)).toEqual(numbersTo(15));
  });

  it("does not hold merged logs open", async () => {
    const on = await startIngestSite({ durable: true });
    const all = Array.from({ length: 5 }, () => new FakeItems());
    for (const a of all) {
      await a.begin(on);
      await on.store.store([a.lines(on, 1, 10), a.lines(on, 20, 30)]);
      await on.store.store([a.lines(on, 11, 19), a.end(on, 30)]);
      await merged(on, a);
    }
    expect(await on.store.store([])).toBe("stored");
    expect(openButDeleted(on.dataDir)).toEqual([]);
  });
});

describe("a power cut that lost lines, but not their records in the sidecar", () => {
  const GREAT = "x".repeat(1_000);

  it.each<[string, string, number, (on: IngestSite, a: FakeItems) => Item<Slot>[]]>([
    ["where a run begins", ".log", 0, (on, a) => [a.lines(on, 1, 100), a.lines(on, 200, 210)]],
    ["where a mark stands", ".log", 500_000, (on, a) => [a.lines(on, 1, 1_100, GREAT)]],
    [
      "where a run of late lines begins",
      ".late.log",
      0,
      (on, a) => [a.lines(on, 600, 700), a.lines(on, 1, 100), a.lines(on, 200, 210)],
    ],
  ])("renumbers no line, %s", async (_, ending, bytesLeft, items) => {
    const dataDir = await tempFolder();
    const a = new FakeItems();
    const first = await startIngestSite({ dataDir, durable: true });
    await a.begin(first);
    await first.store.store(items(first, a));
    await first.stop();
    truncateSync(a.path(first, ending), bytesLeft);

    const second = await startIngestSite({ dataDir, durable: true });
    await second.store.store([a.lines(second, 1, 1_100)]);
    expect(await a.numbers(second)).toEqual(numbersTo(1_100));
    await second.store.store([a.lines(second, 1_101, 30_000)]);
    await second.stop();

    const third = await startIngestSite({ dataDir, durable: true });
    expect(await a.numbers(third)).toEqual(numbersTo(30_000));
    await third.store.store([a.lines(third, 1, 30_000), a.end(third, 30_000)]);
    await merged(third, a);
    expect(await a.numbers(third)).toEqual(numbersTo(30_000));
    expect(await third.archive.get(ROOT, a)).toMatchObject({ delivery: "complete", lines: 30_000 });
  });
});

describeAsRoot("with sync = always, a batch that fails on a full disk", () => {
  const GREAT = "x".repeat(1_000);
  const LAST = 400;

  async function failedBatch(isLate: boolean) {
    const dataDir = join(await tempFolder(), "data");
    const disk = await SmallDisk.mount(dataDir, 8);
    const on = await startIngestSite({ dataDir, durable: true });
    const [a, b] = [new FakeItems(), new FakeItems()];
    for (const one of [a, b]) await one.begin(on);
    if (isLate) await on.store.store([a.lines(on, 20, 30)]);
    // Room for deleting a row of the index, and less than the last lines need.
    disk.fill(300_000);
    const batch = [a.lines(on, 1, isLate ? 19 : 30), a.end(on, 30), b.lines(on, 1, LAST, GREAT)];
    expect(await on.store.store(batch)).toBe("unavailable");
    return { on, disk, a, b, batch };
  }

  it("is stored once there is room, although what it completed was merged meanwhile", async () => {
    const { on, disk, a, b, batch } = await failedBatch(true);
    await merged(on, a);
    disk.free();
    expect(await on.store.store(batch)).toBe("stored");
    expect([await a.numbers(on), await b.numbers(on)]).toEqual([numbersTo(30), numbersTo(LAST)]);
  });

  it("is stored once there is room, although what it completed was deleted meanwhile", async () => {
    const { on, disk, a, b, batch } = await failedBatch(false);
    expect(await on.archive.remove(ROOT, a)).toBe("removed");
    disk.free();
    expect(await on.store.store(batch)).toBe("stored");
    expect(await b.numbers(on)).toEqual(numbersTo(LAST));
  });

  it("has what it stored of a chunk published and counted, once", async () => {
    const dataDir = join(await tempFolder(), "data");
    const disk = await SmallDisk.mount(dataDir, 8);
    const published: number[] = [];
    const publish = (_: unknown, { firstN, count }: Chunk) =>
      void published.push(...Array.from({ length: count }, (_, i) => firstN + i));
    const on = await startIngestSite({ dataDir, durable: true, publisher: { publish, changed: () => {} } });
    const a = new FakeItems();
    await a.begin(on);
    await on.store.store([a.lines(on, 1, 10), a.lines(on, 20, 30)]);
    disk.fill(100_000);
    const chunk = a.lines(on, 11, 200, GREAT);
    expect(await on.store.store([chunk])).toBe("unavailable");
    disk.free();
    expect(await on.store.store([chunk, a.end(on, 200)])).toBe("stored");
    expect(published.toSorted((x, y) => x - y)).toEqual(numbersTo(200));
    expect(await metric(on, "ml_store_lines_total")).toBe(200);
  });
});
