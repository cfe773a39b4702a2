import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { backUp } from "../../../src/store/backup/back-up.ts";
import { captureFiles } from "../../../src/store/backup/captured-files.ts";
import { restore } from "../../../src/store/backup/restore.ts";
import { tarHeader, tarPadding } from "../../../src/store/backup/tar.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { FakeItems } from "../../support/fake-items.ts";
import { type IngestSite, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { storedNumbers } from "../../support/stored-numbers.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const text = (n: number) => `line ${n} of a program that prints`;
const LINES = 40;
/** Lines of three members of a packed log. */
const PACKED = 14_000;
const PACKED_ENDINGS = [".log.grams", ".log.gz", ".meta"].join();
/** Enough for a second of printing. */
const MAX_LINES = 20_000;

async function mlctl(...args: string[]) {
  const [command, ...words] = program("mlctl", ...args);
  return run(command, words);
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

/** Prints until it is told to stop, or has printed enough. `stored` is acknowledged. */
class Printing {
  readonly execution = fakeExecution({ job: "printing" });
  stored = 0;
  #isOver = false;
  #sending: Promise<void> | undefined;

  async start(on: IngestSite): Promise<void> {
    const relay = await openRelay(on);
    await relay.send(this.execution.begin(), ...this.frames(1));
    this.stored = LINES;
    this.#sending = (async () => {
      while (!this.#isOver && this.stored < MAX_LINES) {
        await relay.send(...this.frames(this.stored + 1));
        this.stored += LINES;
      }
    })();
  }

  /** Every second group comes before the one that it follows, so that it is late. */
  frames(from: number): string[] {
    const half = LINES / 2;
    const group = (first: number) =>
      this.execution.lines(
        first,
        upTo(half).map((i) => text(first + i - 1)),
      );
    return from % (4 * half) === 1 ? [group(from), group(from + half)] : [group(from + half), group(from)];
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#sending;
  }
}

test("a backup of a live collector has every line stored before it, and numbering continues after a restore", async () => {
  const on = await startIngestSite();
  const [one, two] = [new Printing(), new Printing()];
  const [ended, lonely] = [fakeExecution({ job: "ended" }), fakeExecution()];
  const relay = await openRelay(on);
  await relay.send(ended.begin(), ended.lines(2, [text(2)]), ended.lines(1, [text(1)]), ended.end(2));
  // Without its BEGIN it waits in quarantine.
  await relay.send(lonely.lines(1, [text(1)]));
  writeFileSync(join(on.dataDir, "holds.jsonl"), '{"t":"keep"}\n');
  await Promise.all([one.start(on), two.start(on)]);
  const before = [one.stored, two.stored];
  const folder = await tempFolder();
  const file = join(folder, "backup.tar.gz");
  const made = await mlctl("backup", file, "--data-dir", on.dataDir);
  expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^3 executions, \d+ files, \d+ bytes in /)]);
  await Promise.all([one.stop(), two.stop()]);
  expect(one.stored).toBeGreaterThan(before[0] ?? 0);
  expect((await run("tar", ["-tzf", file])).stdout).toContain("holds.jsonl\n");

  const dataDir = join(folder, "restored");
  const restored = await mlctl("restore", file, "--data-dir", dataDir);
  expect([restored.code, restored.stdout.split(" in ")[0]]).toEqual([0, made.stdout.split(" in ")[0]]);
  expect(restored.stderr).toMatch(
    /^mlctl restore: shares, holds, sessions and tokens .* ended since\n2\d{3}-\S+Z is valid again/,
  );
  expect(restored.stderr).toMatch(
    /an order that was cancelled since, .* is pending again[\s\S]* `mlctl stop RUN` stops one/,
  );
  expect(readFileSync(join(dataDir, "holds.jsonl"), "utf8")).toBe('{"t":"keep"}\n');
  const again = await startIngestSite({ dataDir });
  expect(await storedNumbers(again, ended, text)).toEqual([1, 2]);
  for (const [i, { execution }] of [one, two].entries()) {
    const numbers = await storedNumbers(again, execution, text);
    expect(numbers.slice(0, before[i])).toEqual(upTo(before[i] ?? 0));
  }
  // Relays send again what they still have, and what comes next.
  const later = await openRelay(again);
  await later.send(lonely.begin());
  expect(await storedNumbers(again, lonely, text)).toEqual([1]);
  for (const { execution, stored, frames } of [one, two].map((each) => ({ ...each, frames: each.frames.bind(each) }))) {
    const last = stored + LINES;
    for (let from = 1; from <= last; from += LINES) await later.send(...frames(from));
    await later.send(execution.end(last));
    expect(await storedNumbers(again, execution, text)).toEqual(upTo(last));
    expect(await again.archive.get(ROOT, execution)).toMatchObject({ lines: last, missing: [] });
  }
});

test("a packed execution is restored as it was: all lines from any place, late ones, and nothing unpacked", async () => {
  const before = await startIngestSite();
  const a = new FakeItems();
  await a.begin(before);
  expect(before.store.store([a.lines(before, 1, PACKED), a.end(before, PACKED)])).toBe("stored");
  await before.stop();
  // It packs what is old at its start.
  const on = await startIngestSite({ dataDir: before.dataDir, sealAfterMs: 0 });
  await poll("the packed log", () => a.endings(on).join() === PACKED_ENDINGS);
  const file = join(await tempFolder(), "backup.tar");
  expect((await mlctl("backup", file, "--data-dir", on.dataDir)).code).toBe(0);
  const dataDir = join(await tempFolder(), "restored");
  expect((await mlctl("restore", file, "--data-dir", dataDir)).code).toBe(0);
  const again = await startIngestSite({ dataDir });
  expect(a.endings(again).join()).toBe(PACKED_ENDINGS);
  expect(await a.numbers(again)).toEqual(upTo(PACKED));
  for (const from of [7_777, PACKED]) {
    const [chunk] = await again.archive.read(ROOT, { x: a.x, from, maxLines: 1, maxBytes: 1_000 });
    expect(chunk?.cri.toString()).toMatch(new RegExp(` line ${from}\n$`));
  }
  expect(await again.archive.get(ROOT, a)).toMatchObject({ lines: PACKED, delivery: "complete", state: "finished" });
  // The relay sends the last batch again, and one that came after the backup.
  expect(again.store.store([a.lines(again, PACKED, PACKED + 1)])).toBe("stored");
  expect(await a.numbers(again)).toEqual(upTo(PACKED + 1));
});

describe("a backup", () => {
  test("takes files that a merge replaces from before it or from after it, never of both", async () => {
    const folder = await tempFolder();
    const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
    for (const name of ["a.log", "a.late.log", "a.meta"]) write(name, "old");
    let lists = 0;
    const files = await captureFiles(folder, ["a.log", "gone.log", "a.meta"], async () => {
      lists += 1;
      // The first list is old by the time that its files are opened.
      if (lists > 1) return ["a.log", "a.meta"];
      write("a.log.new", "merged");
      renameSync(join(folder, "a.log.new"), join(folder, "a.log"));
      return ["a.log", "a.late.log", "other.log", "a.meta"];
    });
    appendFileSync(join(folder, "a.log"), "grown");
    expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ["a.log", 6],
      ["a.meta", 3],
    ]);
    for (const { handle } of files) await handle.close();
  });

  test("keeps long names and the space that they had", async () => {
    const dataDir = join(await tempFolder(), "data");
    const owner = "o".repeat(120);
    const path = join("logs", owner, "2026-11-20", `X.${"n".repeat(100)}.c`);
    mkdirSync(join(dataDir, "logs", owner, "2026-11-20"), { recursive: true });
    writeFileSync(join(dataDir, `${path}.log`), "log");
    writeFileSync(join(dataDir, `${path}.meta`), "meta");
    const file = join(await tempFolder(), "b.tar");
    await backUp(dataDir, file, Date.now);
    const to = await tempFolder();
    expect((await run("tar", ["-xf", file, "-C", to])).code).toBe(0);
    expect(readFileSync(join(to, `${path}.log`), "utf8")).toBe("log");
    const restored = join(await tempFolder(), "r");
    await restore(file, restored);
    expect(readFileSync(join(restored, `${path}.meta`), "utf8")).toBe("meta");
  });

  test("is refused when it is cut off, damaged, foreign, or leads out of the folder", async () => {
    const dataDir = join(await tempFolder(), "data");
    mkdirSync(join(dataDir, "logs"), { recursive: true });
    writeFileSync(join(dataDir, "holds.jsonl"), "x".repeat(2_000));
    const folder = await tempFolder();
    const file = join(folder, "b.tar");
    await backUp(dataDir, file, Date.now);
    const bytes = readFileSync(file);
    const entry = (path: string) => {
      const header = tarHeader({ path, kind: "file", mode: 0o600, modifiedMs: 0, bytes: 1 });
      return Buffer.concat([header, Buffer.from("x"), tarPadding(1)]);
    };
    const first = bytes.subarray(0, 1_024);
    const damaged = Buffer.from(bytes);
    damaged.fill("z", 1_030, 1_040);
    const cases: [Buffer, RegExp][] = [
      [bytes.subarray(0, 3_000), /cut off/],
      [Buffer.concat([first, Buffer.alloc(1_024)]), /not whole/],
      [damaged, /damaged/],
      [entry("holds.jsonl"), /no backup/],
      ...["../x", "/etc/x", "a/../../x", "a//b", "."].map((path): [Buffer, RegExp] => [
        Buffer.concat([first, entry(path)]),
        /The backup holds/,
      ]),
    ];
    for (const [i, [content, refusal]] of cases.entries()) {
      writeFileSync(file, content);
      const to = join(folder, `to-${i}`);
      await expect(restore(file, to)).rejects.toThrow(refusal);
      expect(readdirSync(to)).toEqual([]);
    }
    await expect(restore(file, folder)).rejects.toThrow(/not empty/);
    truncateSync(file, 0);
    await expect(restore(file, join(folder, "empty"))).rejects.toThrow(/cut off/);
  });
});
