import { appendFileSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatBytes } from "../../src/ctl/remote/byte-text.ts";
import { DiskForecast } from "../../src/keeping/disk-forecast.ts";
import { Holds, MAX_HOLDS_PER_OWNER } from "../../src/keeping/holds.ts";
import { removeOldFiles } from "../../src/keeping/old-files.ts";
import { UsageSums } from "../../src/keeping/usage-sums.ts";
import { type Hold, parsePruneRequest } from "../../src/wire/keeping.ts";
import { tempFolder } from "../support/temp-folder.ts";

const MINUTE_MS = 60_000;
const of = (hold: Partial<Hold>): Hold => ({ owner: "a", by: "owner", user: "a", since: "2026", job: "j", ...hold });
const execution = { owner: "a", x: "01JDTC8V6CZ7M4V5X9Q2N3K4PW", node: "n", job: "j", run: "r" };
const onIt = { owner: "a", x: execution.x, node: "n" };

test("an empty job in a prune is refused: without a job, all would be deleted", () => {
  const problem = expect.stringContaining("job: expected a text");
  expect(parsePruneRequest({ olderThanMs: 0, job: "" })).toMatchObject({ problem });
  const all = expect.stringContaining('expected JSON like {"olderThanMs"');
  expect(parsePruneRequest("all")).toMatchObject({ problem: all });
});

describe("holds", () => {
  test("are there again at the next start, the strongest first; a torn line spoils no other", async () => {
    const path = join(await tempFolder(), "holds.jsonl");
    const holds = new Holds(path);
    const { job: _, ...plain } = of({});
    expect(holds.place({ ...plain, x: execution.x, node: "n" })).toBe(true);
    holds.place(of({ by: "admin", user: "c", run: "r" }));
    holds.place(of({ owner: "b" }));
    appendFileSync(path, '{"t":"keep","owner":"a","by"');
    holds.place(of({ job: "other" }));
    expect(holds.release({ owner: "b", job: "j" }, "owner")).toBe(true);
    const again = new Holds(path);
    expect(again.size).toBe(3);
    expect(again.of(execution)).toMatchObject({ by: "admin", run: "r" });
    expect(again.release({ owner: "a", job: "j", run: "r" }, "owner")).toBe(false);
    again.release({ owner: "a", job: "j", run: "r" }, "admin");
    expect(again.of(execution)).toMatchObject({ by: "owner", x: execution.x });
    expect(again.of({ ...execution, node: "m" })).toBeUndefined();
    again.release(onIt, "owner");
    expect(again.of(execution)).toBeUndefined();
    expect(again.list(undefined).map(({ job }) => job)).toEqual(["other"]);
  });

  test("of one owner are limited, and leave no trace in the file when they are many and gone", async () => {
    const path = join(await tempFolder(), "holds.jsonl");
    const line = (t: string, job: string) => `${JSON.stringify({ t, ...of({ job }) })}\n`;
    const jobs = Array.from({ length: MAX_HOLDS_PER_OWNER }, (_, i) => `job-${i}`);
    writeFileSync(path, jobs.map((job) => line("keep", job)).join(""));
    expect(new Holds(path).place(of({}))).toBe(false);
    appendFileSync(
      path,
      jobs
        .slice(1)
        .map((job) => line("release", job))
        .join(""),
    );
    expect(new Holds(path).size).toBe(1);
    expect(readFileSync(path, "utf8")).toBe(line("keep", "job-0"));
  });
});

describe("the forecast of the disk", () => {
  test("is nothing at first, infinite while it does not fill, and the time to go otherwise", () => {
    const forecast = new DiskForecast();
    expect(forecast.secondsUntilFull()).toBeNaN();
    for (let i = 0; i <= 10; i += 1) forecast.note(1_000, i * 10 * MINUTE_MS);
    expect(forecast.secondsUntilFull()).toBe(Number.POSITIVE_INFINITY);
    const filling = new DiskForecast();
    for (let i = 0; i <= 10; i += 1) filling.note(10_000 - i * 600, i * 10 * MINUTE_MS);
    // A byte a second.
    expect(filling.secondsUntilFull()).toBeCloseTo(4_000);
  });

  test("forgets entries older than a day", () => {
    const forecast = new DiskForecast();
    for (let i = 0; i < 144; i += 1) forecast.note(1_000_000 - i * 6_000, i * 10 * MINUTE_MS);
    for (let i = 144; i < 288; i += 1) forecast.note(136_000, i * 10 * MINUTE_MS);
    expect(forecast.secondsUntilFull()).toBe(Number.POSITIVE_INFINITY);
  });
});

test("old files go by their last change, the current ones stay", async () => {
  const folder = await tempFolder();
  for (const name of ["old.log.gz", "new.log.gz", "current.log"]) writeFileSync(join(folder, name), "x");
  for (const name of ["old.log.gz", "current.log"]) utimesSync(join(folder, name), 1, 1);
  expect(await removeOldFiles({ folder, maxAgeMs: undefined }, Date.now())).toBe(0);
  expect(await removeOldFiles({ folder, maxAgeMs: MINUTE_MS }, Date.now())).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(["current.log", "new.log.gz"]);
  expect(await removeOldFiles({ folder: join(folder, "none"), maxAgeMs: 1 }, Date.now())).toBe(0);
});

test("usage adds up by user, job and day, and beyond a page", () => {
  const row = (i: number) => ({
    ...{ owner: "a", node: "n", x: String(i), keyHash: "", base: "", run: "", overAt: "", isOpen: 0 as const },
    job: `job-${i}`,
    startedAt: `2026-11-${10 + (i % 2)}T00:00:00.000000Z`,
    diskBytes: i,
  });
  const sumsOf = (by: "user" | "job" | "day", count: number) => {
    const sums = new UsageSums(by);
    for (let i = 1; i <= count; i += 1) sums.add(row(i), i === 1);
    return sums.most();
  };
  expect(sumsOf("user", 3)).toEqual([{ owner: "a", name: "", executions: 3, bytes: 6, heldBytes: 1 }]);
  expect(sumsOf("day", 3).map(({ name, bytes }) => [name, bytes])).toEqual([
    ["2026-11-11", 4],
    ["2026-11-10", 2],
  ]);
  const jobs = sumsOf("job", 1_002);
  expect(jobs[0]).toMatchObject({ name: "job-1002", bytes: 1_002 });
  expect(jobs.at(-1)).toEqual({ owner: "", name: "(others)", executions: 2, bytes: 3, heldBytes: 1 });
});

test.each([
  [0, "0 B"],
  [1_023, "1023 B"],
  [1_024, "1.0 K"],
  [17 * 2 ** 30, "17 G"],
  [1_023.6 * 2 ** 20, "1.0 G"],
])("%s bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
