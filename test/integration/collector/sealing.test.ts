import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { FakeItems, numbersTo } from "../../support/fake-items.ts";
import {
  type IngestSite,
  type IngestSiteOptions,
  metric,
  ROOT,
  startIngestSite,
  untilMetric,
} from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const SEALED = [".log.grams", ".log.gz", ".meta"];
const UNSEALED = [".log", ".meta"];
/** Three members. */
const COUNT = 14_000;

const isSealed = (on: IngestSite, a: FakeItems) => a.endings(on).join() === SEALED.join();
const sealed = (on: IngestSite, a: FakeItems) => poll("the sealed log", () => isSealed(on, a));

async function complete(on: IngestSite, a: FakeItems, count = COUNT): Promise<void> {
  await a.begin(on);
  expect(on.store.store([a.lines(on, 1, count), a.end(on, count)])).toBe("stored");
}

async function bytesOf(on: IngestSite, a: FakeItems): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of on.archive.raw(ROOT, { x: a.x })) parts.push(part);
  return Buffer.concat(parts).toString();
}

const printed = (count: number) =>
  numbersTo(count)
    .map((n) => `line ${n}\n`)
    .join("");
const start = (options: IngestSiteOptions = {}) => startIngestSite({ sealAfterMs: 0, ...options });

describe("a sealed execution", () => {
  let dataDir: string;
  const a = new FakeItems();
  let raw: Buffer;

  beforeAll(async () => {
    const on = await startIngestSite();
    dataDir = on.dataDir;
    await complete(on, a);
    raw = readFileSync(a.path(on, ".log"));
    await on.stop();
    const again = await start({ dataDir });
    await sealed(again, a);
    await untilMetric(again, "ml_store_seals_total", 1);
    expect(await metric(again, "ml_store_sealed_bytes_total")).toBe(raw.length);
    await again.stop();
  });

  it("is the same text for gzip, zgrep and rg, in less space", () => {
    const path = a.path({ dataDir }, ".log.gz");
    execFileSync("gzip", ["--test", path]);
    expect(gunzipSync(readFileSync(path)).equals(raw)).toBe(true);
    const line = `7777:${raw.toString().split("\n")[7_776]}`;
    expect(execFileSync("zgrep", ["-n", "line 7777$", path]).toString().trim()).toBe(line);
    expect(execFileSync("rg", ["-z", "-n", "line 7777$", path]).toString().trim()).toBe(line);
    expect(statSync(path).size).toBeLessThan(raw.length / 5);
  });

  it("reads as before: all lines, from any line, the whole, and its summary", async () => {
    const on = await start({ dataDir });
    expect(await a.numbers(on)).toEqual(numbersTo(COUNT));
    for (const from of [1, 5_000, 5_957, 5_958, 13_999, COUNT]) {
      const [chunk] = await on.archive.read(ROOT, { x: a.x, from, maxLines: 3, maxBytes: 1_000 });
      expect(chunk?.cri.toString().split("\n")[0]).toMatch(new RegExp(` line ${from}$`));
    }
    expect(await bytesOf(on, a)).toBe(printed(COUNT));
    expect(await on.archive.get(ROOT, a)).toMatchObject({ lines: COUNT, lastN: COUNT, delivery: "complete" });
  });

  it("is charged with what it takes", async () => {
    const on = await start({ dataDir });
    expect(await a.numbers(on)).toHaveLength(COUNT);
    const { execution } = on.store.slotFor(a.identity);
    const bytes = SEALED.map((ending) => statSync(a.path(on, ending)).size);
    const blocks = bytes.reduce((sum, size) => sum + Math.ceil(size / 4_096) * 4_096, 0);
    expect(execution?.diskBytes).toBeGreaterThanOrEqual(blocks);
    expect(execution?.diskBytes).toBeLessThan(blocks + 8_192);
    expect(execution?.accountedBytes).toBe(execution?.diskBytes);
  });

  it("is found by a reindex, and by the next start", async () => {
    for (const reindex of [true, false]) {
      const on = await start({ dataDir, reindex });
      expect(await on.archive.get(ROOT, a)).toMatchObject({ lines: COUNT, state: "finished" });
      expect(await a.numbers(on)).toEqual(numbersTo(COUNT));
      expect(a.endings(on)).toEqual(SEALED);
      await on.stop();
    }
  });

  it("takes lines that come behind its end, and is packed anew when a late one completes them", async () => {
    let on = await start({ dataDir });
    expect(on.store.store([a.lines(on, COUNT + 3, COUNT + 4)])).toBe("stored");
    const withHole = [...numbersTo(COUNT), COUNT + 3, COUNT + 4];
    expect(await a.numbers(on)).toEqual(withHole);
    expect(a.endings(on)).toEqual([".late.log", ...SEALED]);
    await on.stop();

    on = await start({ dataDir, reindex: true });
    expect(await a.numbers(on)).toEqual(withHole);
    expect(on.store.store([a.lines(on, COUNT + 1, COUNT + 2)])).toBe("stored");
    expect(await a.numbers(on)).toEqual(numbersTo(COUNT + 4));
    // The next start merges them into an unsealed log, and seals that.
    await on.stop();
    const clock = { ms: Date.now() };
    on = await start({ dataDir, reindex: true, nowMs: () => clock.ms });
    await poll("the merge", () => a.endings(on).join() === UNSEALED.join());
    await poll("the sealed log", () => {
      // Each time a sweep, until the index knows of the merge.
      clock.ms += 700_000;
      return isSealed(on, a);
    });
    expect(await a.numbers(on)).toEqual(numbersTo(COUNT + 4));
    expect(await bytesOf(on, a)).toBe(printed(COUNT + 4));
  });

  it("with a damaged member says so where that is read, and nowhere else", async () => {
    const path = a.path({ dataDir }, ".log.gz");
    const bytes = readFileSync(path);
    bytes.fill(0, bytes.length - 2_000, bytes.length - 1_000);
    writeFileSync(path, bytes);
    const on = await start({ dataDir });
    const read = (from: number) => on.archive.read(ROOT, { x: a.x, from, maxLines: 1, maxBytes: 100 });
    expect(await read(1)).toHaveLength(1);
    await expect(read(COUNT)).rejects.toThrow(/damaged/);
  });

  it("goes with a deletion", async () => {
    const on = await start({ dataDir });
    expect(await on.archive.remove(ROOT, a)).toBe("removed");
    expect(a.endings(on)).toEqual([]);
    expect(await on.archive.get(ROOT, a)).toBeUndefined();
  });
});

describe("sealing", () => {
  it("waits for its days, for the end, and for who reads; small logs stay as they are", async () => {
    const clock = { ms: Date.now() };
    const on = await startIngestSite({ sealAfterMs: 1_000_000, nowMs: () => clock.ms });
    const [old, read, running] = [new FakeItems(), new FakeItems(), new FakeItems()];
    const [small, young] = [new FakeItems(), new FakeItems()];
    for (const each of [read, old]) await complete(on, each);
    await complete(on, small, 100);
    await running.begin(on);
    expect(on.store.store([running.lines(on, 1, COUNT)])).toBe("stored");
    clock.ms += 400_000;
    await complete(on, young);
    await on.store.indexStates(undefined);
    const open = await on.archive.open(ROOT, { x: read.x, from: 1 });
    clock.ms += 700_000;
    await sealed(on, old);
    expect([read, running, small, young].map((each) => each.endings(on))).toEqual(Array(4).fill(UNSEALED));
    open?.close();
    // Its turn comes with the next sweep, and that of the others with their time.
    clock.ms += 700_000;
    await sealed(on, read);
    await sealed(on, young);
    expect([running, small].map((each) => each.endings(on))).toEqual(Array(2).fill(UNSEALED));
  });

  it("gives way to a deletion", async () => {
    const on = await startIngestSite();
    const a = new FakeItems();
    await complete(on, a, 200_000);
    await on.stop();
    const again = await start({ dataDir: on.dataDir });
    await poll("the new file", () => a.endings(again).includes(".log.gz.new"));
    expect(await again.archive.remove(ROOT, a)).toBe("removed");
    expect(a.endings(again)).toEqual([]);
    expect(again.logLines.filter((line) => line.includes("could not be sealed"))).toEqual([]);
  });

  it("that fails changes nothing, and says why", async () => {
    const on = await startIngestSite();
    const a = new FakeItems();
    await complete(on, a);
    await on.stop();
    mkdirSync(a.path(on, ".log.gz.new"));
    const again = await start({ dataDir: on.dataDir });
    await poll("the failure", () => again.logLines.some((line) => line.includes("EISDIR")));
    expect(await a.numbers(again)).toEqual(numbersTo(COUNT));
    expect(await metric(again, "ml_store_seals_total", '"failed"')).toBe(1);
  });
});

describe("a kill", () => {
  /** What each step of sealing leaves on the disk. */
  const STEPS = [
    "half of the new log",
    "the new files",
    "the record",
    "the filter's name",
    "the log's name",
    "a torn record",
    "lines after the record",
  ] as const;
  let raw: string;
  let whole: string;
  const a = new FakeItems();

  beforeAll(async () => {
    const on = await startIngestSite();
    await complete(on, a);
    await on.stop();
    raw = join(await tempFolder(), "data");
    cpSync(on.dataDir, raw, { recursive: true });
    const again = await start({ dataDir: on.dataDir });
    await sealed(again, a);
    await again.stop();
    whole = on.dataDir;
  });

  it.each(STEPS)("after %s loses nothing, and the next start finishes or forgets it", async (step) => {
    const dataDir = join(await tempFolder(), "data");
    cpSync(raw, dataDir, { recursive: true });
    const path = (ending: string) => a.path({ dataDir }, ending);
    const take = (ending: string, as: string) => cpSync(a.path({ dataDir: whole }, ending), path(as));
    const reached = STEPS.indexOf(step);
    take(".log.gz", reached === 4 ? ".log.gz" : ".log.gz.new");
    if (reached > 0) take(".log.grams", reached === 3 || reached === 4 ? ".log.grams" : ".log.grams.new");
    if (reached === 0) truncateSync(path(".log.gz.new"), 10_000);
    if (reached > 1) take(".meta", ".meta");
    if (step === "a torn record") truncateSync(path(".meta"), statSync(path(".meta")).size - 20);
    let expected = COUNT;
    if (step === "lines after the record") {
      expected += 1;
      const last = readFileSync(path(".log")).toString().trimEnd().split("\n").at(-1) ?? "";
      writeFileSync(path(".log"), `${last.replace(/\d+$/, `${expected}`)}\n`, { flag: "a" });
    }
    // Without sealing, to see what the load makes of it; the index knows, or must find out.
    for (const reindex of [false, true]) {
      const on = await startIngestSite({ dataDir, reindex });
      expect(await a.numbers(on)).toEqual(numbersTo(expected));
      await on.stop();
    }
    const again = await start({ dataDir });
    await sealed(again, a);
    expect(await a.numbers(again)).toEqual(numbersTo(expected));
    expect(readdirSync(join(dataDir, "logs/root/2026-11-20")).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});
