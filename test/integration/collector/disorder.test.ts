import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const LINES_A_FRAME = 8;
const MAX_RANGES = 512;
const AT_ONCE = 1_000;

/** The same shuffle each time. */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  let seed = 1;
  for (let i = result.length - 1; i > 0; i -= 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    const j = seed % (i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

const ORDERS: readonly [string, number, (starts: readonly number[]) => number[]][] = [
  ["random", 100_000, shuffled],
  ["reversed", 40_000, (starts) => starts.toReversed()],
  [
    "every other one first",
    40_000,
    (starts) => [...starts.filter((_, i) => i % 2 === 1), ...starts.filter((_, i) => i % 2 === 0)],
  ],
];

/** All stored lines' numbers, as a viewer reads them. */
async function readNumbers(on: IngestSite, { x, node }: { x: string; node: string }): Promise<number[]> {
  const numbers: number[] = [];
  for (let from = 1; ; ) {
    const chunks = await on.archive.read(ROOT, { x, node, from, maxLines: 5_000, maxBytes: 4_194_304 });
    if (chunks.length === 0) return numbers;
    for (const { firstN, count, cri } of chunks) {
      const texts = cri.toString("latin1").split("\n").slice(0, -1);
      expect(texts).toHaveLength(count);
      for (const [i, text] of texts.entries()) {
        if (!text.endsWith(` ${firstN + i}`)) throw new Error(`Line ${firstN + i} reads ${text}`);
        numbers.push(firstN + i);
      }
      from = firstN + count;
    }
  }
}

describe("lines in great disorder, many of them duplicates", () => {
  it.each(ORDERS)(
    "%s: are stored once and read in order with bounded memory, also after a restart",
    async (_, lines, order) => {
      const dataDir = await tempFolder();
      const a = fakeExecution();
      const texts = (n: number) => Array.from({ length: LINES_A_FRAME }, (_, i) => String(n + i));
      const starts = Array.from({ length: lines / LINES_A_FRAME }, (_, i) => i * LINES_A_FRAME + 1);
      const held = 1 + lines / 2;
      const sent = order(starts).filter((n) => n < held || n >= held + LINES_A_FRAME);
      const on = await startIngestSite({ dataDir, maxRangesInMemory: MAX_RANGES });
      const relays = [await openRelay(on), await openRelay(on)];
      await relays[0]?.send(a.begin());
      for (let i = 0; i < sent.length; i += AT_ONCE) {
        const frames = sent.slice(i, i + AT_ONCE).map((n) => a.lines(n, texts(n)));
        // One relay sends all of it, the other one a third of it again.
        await Promise.all([relays[0]?.send(...frames), relays[1]?.send(...frames.filter((_, j) => j % 3 === 0))]);
      }
      for (const relay of relays) relay.destroy();
      const wanted = Array.from({ length: lines }, (_, i) => i + 1).filter(
        (n) => !(n >= held && n < held + LINES_A_FRAME),
      );
      const { execution } = [...on.store.slots.values()][0] ?? {};
      expect(
        (execution?.logs.main.stretchesHeld ?? 0) + (execution?.logs.late?.stretchesHeld ?? 0),
      ).toBeLessThanOrEqual(2 * MAX_RANGES);
      expect(await readNumbers(on, a)).toEqual(wanted);
      await on.stop();

      const again = await startIngestSite({ dataDir, maxRangesInMemory: MAX_RANGES });
      expect(await again.archive.get(ROOT, a)).toMatchObject({ lines: wanted.length, lastN: lines });
      expect(await readNumbers(again, a)).toEqual(wanted);
      const relay = await openRelay(again);
      await relay.send(a.lines(held, texts(held)), a.end(lines));
      relay.destroy();
      const log = join(dataDir, "logs/root/2026-11-20", `${a.x}.node1.job_sh.log`);
      await poll("the merge", () => !existsSync(log.replace(/log$/, "late.log")), 60_000);
      expect(await again.archive.get(ROOT, a)).toMatchObject({ delivery: "complete", lines, missing: [] });
      // Stretches that are in order now are gone, and no longer count against the owner.
      await poll("the sidecar without them", () => statSync(log.replace(/log$/, "meta")).size < 10_000);
      await again.stop();
      const last = await startIngestSite({ dataDir, maxRangesInMemory: MAX_RANGES });
      const summary = await last.archive.get(ROOT, a);
      expect(summary).toMatchObject({ delivery: "complete", lines });
      const slot = [...last.store.slots.values()].find(({ identity }) => identity.x === a.x);
      const { size } = statSync(log);
      // Whole blocks of the log and of the sidecar, and the row in the index.
      expect(slot?.execution?.diskBytes).toBeGreaterThan(size + 4_096);
      expect(slot?.execution?.diskBytes).toBeLessThan(size + 4 * 4_096);
      const numbers = readFileSync(log, "latin1")
        .split("\n")
        .map((line) => line.slice(37));
      expect(numbers.slice(0, -1)).toEqual(Array.from({ length: lines }, (_, i) => String(i + 1)));
    },
    // 17 s of work for the largest on an idle machine, five times that on a busy one.
    240_000,
  );

  it("are merged in many executions at once, without forgetting any meanwhile", async () => {
    const dataDir = await tempFolder();
    let nowMs = Date.now();
    const on = await startIngestSite({ dataDir, nowMs: () => nowMs });
    const all = Array.from({ length: 60 }, () => fakeExecution());
    const relay = await openRelay(on);
    const texts = Array.from({ length: 40 }, (_, i) => `line ${i + 1}`);
    const frames = (a: (typeof all)[number]) => texts.map((text, i) => a.lines(i + 1, [text])).toReversed();
    await relay.send(...all.flatMap((a) => [a.begin(), ...frames(a), a.end(texts.length)]));
    await poll("all merges", () => {
      // Whatever is unused for a minute is forgotten, each time that the clock is looked at.
      nowMs += 61_000;
      const names = readdirSync(join(dataDir, "logs/root/2026-11-20"));
      return !names.some((name) => /late|new/.test(name));
    });
    for (const { x } of all) {
      const log = readFileSync(join(dataDir, "logs/root/2026-11-20", `${x}.node1.job_sh.log`), "utf8");
      expect(log.split("\n").map((line) => line.slice(37))).toEqual([...texts, ""]);
    }
    expect(on.logLines.filter((line) => line.includes("late lines stay"))).toEqual([]);
  });
});
