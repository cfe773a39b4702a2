import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type FakeExecution, fakeExecution, STARTED_AT } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const cri = (texts: readonly string[], tag = "F", stream = "stdout") =>
  texts.map((text) => `${STARTED_AT} ${stream} ${tag} ${text}\n`).join("");

function logPath(dataDir: string, execution: FakeExecution, user = "root", ending = ".log"): string {
  return join(dataDir, "logs", user, "2026-11-20", `${execution.x}.${execution.node}.job_sh${ending}`);
}

const summary = async (on: IngestSite, execution: FakeExecution) => on.archive.get(ROOT, execution);

describe("an execution's lines", () => {
  it("stand in its owner's file as plain CRI lines, whose physical number is n", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    await (await openRelay(on)).send(
      a.begin(),
      a.lines(1, ["one", "two"]),
      a.lines(3, ["oops"], { stderr: true }),
      a.lines(4, ["Password: "], { fragment: true }),
      a.end(4, { code: 3 }),
    );
    expect(readFileSync(logPath(on.dataDir, a), "utf8")).toBe(
      cri(["one", "two"]) + cri(["oops"], "F", "stderr") + cri(["Password: "], "P"),
    );
    expect(await summary(on, a)).toMatchObject({
      state: "failed",
      code: 3,
      delivery: "complete",
      lines: 4,
      bytes: 8 + 5 + 10,
      missing: [],
      command: "job.sh",
    });
  });

  it("are stored once when they arrive again, in whole or in part", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, ["1", "2", "3"]), a.lines(2, ["2", "3", "4"]), a.lines(1, ["1"]), a.begin());
    await relay.send(a.lines(1, ["1", "2", "3"]), a.lines(5, ["5"]), a.end(5));
    expect(readFileSync(logPath(on.dataDir, a), "utf8")).toBe(cri(["1", "2", "3", "4", "5"]));
    expect(await metric(on, "ml_store_duplicate_lines_total")).toBe(6);
    expect(await summary(on, a)).toMatchObject({ delivery: "complete", lines: 5 });
  });

  it("that come late are read in order at once, and are merged in order once all are there", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, ["1"]), a.lines(5, ["5", "6"]), a.lines(2, ["2"]), a.end(6));
    expect(await summary(on, a)).toMatchObject({ delivery: "receiving", lines: 4, missing: [[3, 4]] });
    const range = { x: a.x, node: a.node, from: 1, maxLines: 100, maxBytes: 1_000_000 };
    const chunks = await on.archive.read(ROOT, range);
    expect(chunks.map(({ firstN, count }) => [firstN, count])).toEqual([
      [1, 1],
      [2, 1],
      [5, 2],
    ]);
    await relay.send(a.lines(3, ["3", "4"]));
    await poll("the merge", () => !existsSync(logPath(on.dataDir, a, "root", ".late.log")));
    expect(readFileSync(logPath(on.dataDir, a), "utf8")).toBe(cri(["1", "2", "3", "4", "5", "6"]));
    expect((await on.archive.read(ROOT, range)).map(({ firstN, count }) => [firstN, count])).toEqual([[1, 6]]);
    expect(await summary(on, a)).toMatchObject({ delivery: "complete", lines: 6, bytes: 12, missing: [] });
  });

  it("that come in great disorder are stored once each, with their numbers tracked on disk", async () => {
    const on = await startIngestSite({ maxRangesInMemory: 4 });
    const a = fakeExecution();
    const relay = await openRelay(on);
    const odd = Array.from({ length: 50 }, (_, i) => a.lines(2 * i + 1, [`${2 * i + 1}`]));
    const even = Array.from({ length: 50 }, (_, i) => a.lines(2 * i + 2, [`${2 * i + 2}`]));
    await relay.send(a.begin(), ...odd, ...even.toReversed(), ...odd, a.end(100));
    const texts = Array.from({ length: 100 }, (_, i) => String(i + 1));
    await poll("the merge", () => readFileSync(logPath(on.dataDir, a), "utf8") === cri(texts));
    expect(await summary(on, a)).toMatchObject({ delivery: "complete", lines: 100, missing: [] });
    expect(await metric(on, "ml_store_duplicate_lines_total")).toBe(50);
  });

  it("that never come are named, and the execution counts as incomplete 30 s after its end", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ nowMs: () => nowMs });
    const a = fakeExecution();
    await (await openRelay(on)).send(a.begin(), a.lines(1, ["1"]), a.lines(4, ["4"]), a.end(6));
    expect(await summary(on, a)).toMatchObject({
      delivery: "receiving",
      missing: [
        [2, 3],
        [5, 6],
      ],
    });
    nowMs += 30_001;
    await poll("incomplete", async () => (await summary(on, a))?.delivery === "incomplete");
    await (await openRelay(on)).send(a.lines(2, ["2", "3"]), a.lines(5, ["5", "6"]));
    expect(await summary(on, a)).toMatchObject({ delivery: "complete", missing: [], lines: 6 });
  });

  it("keep every byte: what was encoded is in the file as printed", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const text = 'tab\there \\ back\u0000\u0001\u001b[31mred\u007f "]" #101 \u202e é ';
    await (await openRelay(on)).send(a.begin(), a.lines(1, [text, "", "next"]), a.end(3));
    expect(readFileSync(logPath(on.dataDir, a), "utf8")).toBe(cri([text, "", "next"]));
  });
});

describe("frames without an owner", () => {
  it("wait in quarantine until the BEGIN with their key comes, END included", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.lines(1, ["1", "2"]), a.lines(3, ["3"]), a.end(3));
    expect(await summary(on, a)).toBeUndefined();
    expect(await metric(on, "ml_store_quarantined_lines_total")).toBe(3);
    await relay.send(a.begin());
    expect(readFileSync(logPath(on.dataDir, a), "utf8")).toBe(cri(["1", "2", "3"]));
    expect(await summary(on, a)).toMatchObject({ state: "finished", delivery: "complete" });
    expect(await metric(on, "ml_quarantine_bytes")).toBe(0);
  });

  it("with another key never reach the execution whose id they carry", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const forger = fakeExecution({ x: a.x, node: a.node });
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, ["mine"]), forger.lines(2, ["forged"]), forger.end(2, { code: 9 }));
    await relay.send(forger.begin({}, 0));
    expect(readFileSync(logPath(on.dataDir, a), "utf8")).toBe(cri(["mine"]));
    expect(await summary(on, a)).toMatchObject({ state: "running", lines: 1 });
    expect(await metric(on, "ml_store_refused_begins_total", "id-in-use")).toBe(1);
  });

  it("of the overflow uid stay there", async () => {
    const on = await startIngestSite({
      ownerOf: async (_node, uid) => (uid === 65_534 ? undefined : { name: "a", uid: undefined }),
    });
    const a = fakeExecution();
    await (await openRelay(on)).send(a.begin({}, 65_534), a.lines(1, ["1"]));
    expect(await summary(on, a)).toBeUndefined();
    expect(await metric(on, "ml_store_refused_begins_total", "unknown-uid")).toBe(1);
  });

  it.each([
    ["quarantine-execution-bytes", { maxExecutionBytes: 300 }],
    ["quarantine-node-bytes", { maxNodeBytes: 300 }],
    ["quarantine-executions", { maxExecutionsPerNode: 1 }],
  ])("are bounded by %s, and counted beyond", async (reason, quarantine) => {
    const on = await startIngestSite({ quarantine });
    const [a, b] = [fakeExecution(), fakeExecution()];
    await (await openRelay(on)).send(
      a.lines(1, ["x".repeat(100)]),
      a.lines(2, ["x".repeat(200)]),
      b.lines(1, ["x".repeat(200)]),
    );
    expect(await metric(on, "ml_store_discarded_lines_total", reason)).toBeGreaterThanOrEqual(1);
  });
});

describe("a collector that starts again", () => {
  it("continues where the files end, truncates a torn line, and stores nothing twice", async () => {
    const dataDir = await tempFolder();
    const first = await startIngestSite({ dataDir });
    const a = fakeExecution();
    const relay = await openRelay(first);
    await relay.send(a.begin(), a.lines(1, ["1", "2"]), a.lines(5, ["5"]), a.lines(3, ["3"]));
    relay.destroy();
    await first.stop();
    appendFileSync(logPath(dataDir, a), "2026-11-20T04:17:44.960662Z stdout F to");
    appendFileSync(logPath(dataDir, a, "root", ".meta"), '{"t":"run","f":"ma');
    const on = await startIngestSite({ dataDir });
    expect(await summary(on, a)).toMatchObject({ lines: 4, missing: [[4, 4]], state: "running" });
    await (await openRelay(on)).send(a.lines(5, ["5", "6"]), a.lines(3, ["3", "4"]), a.end(6));
    expect(await summary(on, a)).toMatchObject({ delivery: "complete", lines: 6, bytes: 12 });
    await poll("the merge", () => readFileSync(logPath(dataDir, a), "utf8") === cri(["1", "2", "3", "4", "5", "6"]));
  });

  it.each([
    ["not written yet", [[".meta", ""]]],
    ["torn", [[".meta", '{"t":"begin","v":1,"x"']]],
    [
      "torn, its log there",
      [
        [".meta", '{"t":"begin"'],
        [".log", ""],
      ],
    ],
  ] as const)("takes an execution whose sidecar was %s when the one before was killed", async (_, files) => {
    const on = await startIngestSite();
    const a = fakeExecution();
    mkdirSync(dirname(logPath(on.dataDir, a)), { recursive: true });
    for (const [ending, text] of files) writeFileSync(logPath(on.dataDir, a, "root", ending), text);
    await (await openRelay(on)).send(a.begin(), a.lines(1, ["1"]), a.end(1));
    expect(await summary(on, a)).toMatchObject({ state: "finished", delivery: "complete", lines: 1 });
  });

  it("gives the same answers from a rebuilt index, running executions included", async () => {
    const dataDir = await tempFolder();
    const first = await startIngestSite({ dataDir });
    const many = Array.from({ length: 5 }, (_, i) => fakeExecution({ node: `node${i}`, job: "j" }));
    const relay = await openRelay(first);
    for (const [i, one] of many.entries()) {
      await relay.send(one.begin({ labels: { rank: String(i) } }), one.lines(1, ["a", "b"]), one.lines(4, ["d"]));
      if (i > 1) await relay.send(one.end(4, { code: i - 2 }));
    }
    const list = async (on: IngestSite) => on.archive.list(ROOT, { limit: 100 });
    const before = await list(first);
    relay.destroy();
    await first.stop();
    for (const name of readdirSync(dataDir)) if (name.startsWith("index.db")) rmSync(join(dataDir, name));
    const on = await startIngestSite({ dataDir });
    expect(await list(on)).toEqual(before);
    expect(before.executions).toHaveLength(5);
  });

  it("finds a line in a long log by its marks", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin());
    const text = "x".repeat(90);
    for (let n = 1; n <= 40_000; n += 50)
      await relay.send(
        a.lines(
          n,
          Array.from({ length: 50 }, (_, i) => `${n + i} ${text}`),
        ),
      );
    expect(readFileSync(logPath(on.dataDir, a, "root", ".meta"), "utf8")).toContain('"t":"mark"');
    for (const n of [1, 7_777, 39_999, 40_000]) {
      const [chunk] = await on.archive.read(ROOT, { x: a.x, node: a.node, from: n, maxLines: 1, maxBytes: 1_000 });
      expect(chunk?.cri.toString()).toBe(cri([`${n} ${text}`]));
    }
  });
});

describe("an owner's folder that is removed", () => {
  it("returns with the next BEGIN, readable for its owner", async () => {
    const on = await startIngestSite({ ownerOf: async () => ({ name: "bob", uid: 1_001 }) });
    const folder = join(on.dataDir, "logs/bob");
    const relay = await openRelay(on);
    for (let i = 0; i < 2; i += 1) {
      const a = fakeExecution();
      await relay.send(a.begin(), a.lines(1, ["1"]), a.end(1));
      expect(await summary(on, a)).toMatchObject({ delivery: "complete", lines: 1 });
      const acl = execFileSync("getfacl", ["--numeric", "--absolute-names", folder], { encoding: "utf8" });
      expect(acl).toMatch(/^user:1001:r-x$/m);
      expect(acl).toMatch(/^default:user:1001:r-x$/m);
      rmSync(folder, { recursive: true });
    }
  });
});

describe("more executions than memory holds", () => {
  it("are forgotten soon, with ended ones' descriptors, and running ones are kept", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ nowMs: () => nowMs });
    const [ended, running] = [fakeExecution(), fakeExecution()];
    await (await openRelay(on)).send(ended.begin(), running.begin(), ended.lines(1, ["1"]), ended.end(1));
    nowMs += 2_000;
    const isClosed = () => [...on.store.slots.values()].some((slot) => !slot.isOpenInIndex);
    await poll("the end to be in the index", isClosed);
    const inMemory = () => metric(on, "ml_store_executions");
    const flood = 65_536;
    for (let i = 0; i < flood; i += 1) on.store.slotFor({ node: "node1", x: `x${i}`, keyHash: "k" });
    expect(await inMemory()).toBe(flood + 2);
    nowMs += 1_000;
    await poll("all but the running one to be forgotten", async () => (await inMemory()) === 1);
    expect(await metric(on, "ml_store_open_files")).toBe(1);
    expect(await summary(on, ended)).toMatchObject({ lines: 1 });
  });
});

describe("names from outside", () => {
  it.each([
    ["a slash and dots", "../../etc/passwd"],
    ["NUL and newlines", "a\0b\nc"],
    ["300 characters", "n".repeat(300)],
    ["unicode", "prögram 日本"],
    ["only dots", ".."],
  ])("never leave the tree: a command with %s", async (_what, command) => {
    const on = await startIngestSite();
    const a = fakeExecution();
    await (await openRelay(on)).send(a.begin({ argv: [command] }), a.lines(1, ["1"]));
    expect((await summary(on, a))?.lines).toBe(1);
    const files = execFileSync("find", [on.dataDir, "-name", `${a.x}*`], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(files).toHaveLength(2);
    for (const file of files) expect(file).toMatch(new RegExp(`^${on.dataDir}/logs/root/2026-11-20/[A-Za-z0-9._+-]+$`));
  });

  it.each(["_syslog", "..", "a/b", "dom\\alice", ".hidden"])("never leave the tree: a user called %s", async (name) => {
    const on = await startIngestSite({ ownerOf: async () => ({ name, uid: undefined }) });
    const a = fakeExecution();
    await (await openRelay(on)).send(a.begin(), a.lines(1, ["1"]));
    expect((await summary(on, a))?.owner).toBe(name);
    const [folder] = readdirSync(join(on.dataDir, "logs")).filter((entry) => entry !== "_quarantine");
    expect(folder).toMatch(/^[A-Za-z0-9%][A-Za-z0-9%.@-]*$/);
    expect(statSync(join(on.dataDir, "logs", folder ?? "", "2026-11-20")).isDirectory()).toBe(true);
  });
});
