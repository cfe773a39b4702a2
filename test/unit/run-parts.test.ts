import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Clock } from "../../src/run/clock.ts";
import { isRunning, processName } from "../../src/run/command/process-name.ts";
import { processTree, readProcess } from "../../src/run/command/processes.ts";
import { beginJson } from "../../src/run/delivery/begin-json.ts";
import { FrameRing } from "../../src/run/delivery/frame-ring.ts";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { parseSiteSettings, readSiteSettings } from "../../src/run/site-settings.ts";
import { frameAt, printedBytes, wholeFramesEnd } from "../../src/run/spool/frame-scan.ts";
import { TIMERS } from "../../src/run/timers.ts";
import { type Begin, parseBegin } from "../../src/wire/begin.ts";
import { poll } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { tempFolder } from "../support/temp-folder.ts";

const BEGIN: Begin = {
  v: 1,
  x: "01JCABCDEFGHJKMNPQRSTVWXYZ",
  k: "abcdefghijklmnopqrst-_",
  job: "job",
  argv: ["sh", "-c", "true"],
  cwd: "/home/alice",
  labels: { rank: "3" },
  startedAt: "2026-11-20T04:17:44.960662Z",
  node: "node1",
  pid: 4711,
};

describe("BEGIN", () => {
  test("parses in the collector", () => {
    expect(parseBegin(beginJson(BEGIN))).toEqual(BEGIN);
  });

  test("is one line without terminal controls", () => {
    const json = beginJson({ ...BEGIN, argv: ["a\nb", "\u001b[2J\u007f\u0085", "\u202e\u2028\ufeff", "\ud800"] });
    expect(json).toMatch(/^[ -~]+$/);
    expect(parseBegin(json)?.argv).toEqual(["a\nb", "\u001b[2J\u007f\u0085", "\u202e\u2028\ufeff", "\ud800"]);
  });

  test.each<[string, Partial<Begin>]>([
    ["many words", { argv: Array.from({ length: 5_000 }, (_, at) => `word${at}`) }],
    ["a long word", { argv: ["x".repeat(2_000_000)] }],
    ["words that escape to six octets a character", { argv: Array.from({ length: 500 }, () => "\u0001".repeat(100)) }],
    ["a deep folder", { cwd: `/${"d".repeat(4_000)}` }],
    ["a folder of control characters", { cwd: "\u0001".repeat(4_000) }],
    ["more labels than allowed", { labels: Object.fromEntries(Array.from({ length: 34 }, (_, at) => [`l${at}`, ""])) }],
    ["many labels", { labels: Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`l${at}`, "ü".repeat(256)])) }],
    [
      "labels of control characters",
      { labels: Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`l${at}`, "\u0001".repeat(256)])) },
    ],
  ])("is cut to fit one message: %s", (_, parts) => {
    const json = beginJson({ ...BEGIN, ...parts });
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(RUN_LIMITS.beginBytes);
    expect(parseBegin(json)).toMatchObject({ x: BEGIN.x, k: BEGIN.k, job: BEGIN.job });
    expect(parseBegin(json)?.argv.length).toBeGreaterThan(0);
  });
});

test("the clock continues from wall-clock time, microsecond by microsecond", () => {
  let nowMs = 0;
  const clock = new Clock({
    startedAtMs: Date.UTC(2026, 10, 20, 4, 17, 44, 960) + 0.25,
    monotonicMs: () => nowMs,
    timers: TIMERS,
  });
  expect(clock.timestamp()).toBe("2026-11-20T04:17:44.960250Z");
  nowMs = 0.5;
  expect(clock.timestamp()).toBe("2026-11-20T04:17:44.960750Z");
  nowMs = 39.75;
  expect(clock.timestamp()).toBe("2026-11-20T04:17:45.000000Z");
});

describe("the ring of frames", () => {
  const fill = (ring: FrameRing, flushed: boolean): boolean => {
    const block = ring.reserve();
    if (block === undefined) return false;
    block.end = block.bytes.length;
    if (flushed) block.flushed = block.end;
    return true;
  };

  const SENT_BLOCKS = 5;

  test("holds 1 MiB of unsent frames beside the kept ones, and no more", () => {
    const ring = new FrameRing(SENT_BLOCKS);
    let blocks = 0;
    while (fill(ring, false)) blocks += 1;
    expect((blocks - SENT_BLOCKS) * RUN_LIMITS.blockBytes).toBe(1_048_576);
  });

  test("keeps the last sent blocks, and reuses the rest", () => {
    const ring = new FrameRing(SENT_BLOCKS);
    const memory = new Set<unknown>();
    for (let at = 0; at < 100; at += 1) {
      expect(fill(ring, true)).toBe(true);
      memory.add(ring.blocks().at(-1)?.bytes);
    }
    expect(ring.blocks().length).toBe(SENT_BLOCKS + 1);
    expect(memory.size).toBe(ring.blocks().length);
  });

  test("hands over each frame once, oldest first", () => {
    const ring = new FrameRing(SENT_BLOCKS);
    for (let at = 0; at < 3; at += 1) {
      const block = ring.reserve();
      if (block !== undefined) block.end = block.bytes.fill(at).length;
    }
    const taken: (number | undefined)[] = [];
    ring.drain((frames) => taken.push(frames[0]));
    ring.drain((frames) => taken.push(frames[0]));
    expect(taken).toEqual([0, 1, 2]);
  });
});

describe("frames in a file", () => {
  const frame = (stream: string, count: number, text: string, fragment = "") => {
    const payload = `<14>1 - - mlrun - LINES [ml@32473 x="" s="${stream}" n="1" c="${count}" b="${text.length}"${fragment}] 1 ${text}`;
    return Buffer.from(`${payload.length} ${payload}`);
  };

  test("end with the last whole frame, wherever the tail was torn", () => {
    const [first, second] = [frame("stdout", 1, "a"), frame("stdout", 1, "b")];
    const both = Buffer.concat([first, second]);
    for (let end = 0; end <= both.length; end += 1) {
      const whole = end === both.length ? end : end >= first.length ? first.length : 0;
      expect(wholeFramesEnd(both.subarray(0, end))).toBe(whole);
    }
    expect(frameAt(Buffer.from("nonsense that has no length"), 0)).toBeUndefined();
  });

  test("give the number of printed bytes", () => {
    const frames = [
      frame("stdout", 2, "one\\ntwo\\x20"),
      frame("stderr", 1, "tab\\t\\\\"),
      frame("stdout", 1, "part", ' f="1"'),
      Buffer.from('24 <14>1 - t="end" n="1"] {}'),
    ];
    expect(printedBytes(Buffer.concat(frames))).toEqual({
      stdout: "one\ntwo \npart".length,
      stderr: "tab\t\\\n".length,
    });
  });
});

describe("processes", () => {
  test("have a name that is valid only while they run", async () => {
    const child = start("sleep", ["60"]);
    const name = processName(child.pid);
    expect(name).toMatch(/^\d+-\d+-\d+$/);
    const [, , namespace] = name.split("-");
    expect(isRunning(name, "/nowhere")).toBe(true);
    expect(isRunning(`${child.pid}-1-${namespace}`, "/nowhere")).toBe(false);
    await child.end("SIGKILL");
    expect(isRunning(name, "/nowhere")).toBe(false);
    expect(isRunning(`999999999-0-${namespace}`, "/nowhere")).toBe(false);
  });

  test("of another PID namespace count as running while their lock changes", async () => {
    const path = join(await tempFolder(), "held");
    writeFileSync(path, "now");
    expect(isRunning("1-1-1", path)).toBe(true);
    expect(isRunning("1-1-1", "/proc/1/root/nowhere")).toBe(false);
  });

  test("are found with all descendants", async () => {
    const child = start("sh", ["-c", "sh -c 'sleep 60 & sleep 60' & wait"], { detached: true });
    const tree = await poll("four processes", () => {
      const found = processTree(child.pid);
      return found.length === 4 && found;
    });
    expect(tree[0]?.pid).toBe(child.pid);
    expect(new Set(tree.map(({ group }) => group))).toEqual(new Set([child.pid]));
    process.kill(-child.pid, "SIGKILL");
  });

  test("give their CPU time", () => {
    expect(readProcess(process.pid)?.cpuMs).toBeGreaterThan(0);
    expect(readProcess(0)).toBeUndefined();
  });
});

describe("the site's settings", () => {
  test.each([
    ["one-line-frames = true\n", true, 0],
    ["# comment\n\n  one-line-frames=true  # because\n", true, 0],
    ["one-line-frames = false", false, 0],
    ['one-line-frames = "true"\n', false, 1],
    ["other = true\none-line-frames = true\n[table]\n", true, 2],
    ["# of this site\r\n\r\none-line-frames = true # yes\r\n# the end\r\n", true, 0],
    ["# a\u2028b\rc\none-line-frames = true\n", true, 0],
  ])("%j", async (text, oneLineFrames, mistakes) => {
    const path = join(await tempFolder(), "mlrun.toml");
    await writeFile(path, text);
    const warnings: string[] = [];
    expect(readSiteSettings(path, (message) => warnings.push(message))).toEqual({ oneLineFrames, maskArgv: [] });
    expect(warnings).toHaveLength(mistakes);
  });

  test("list regular expressions that mask arguments", () => {
    const text = `mask-argv = ["pin \\\\d+", 'id-[a-z]+']  # both\nmask-argv = ["("]\nmask-argv = true\n`;
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    expect(parseSiteSettings(text.split("\n")[0] ?? "", "f", warn).maskArgv).toEqual([/pin \d+/gu, /id-[a-z]+/gu]);
    expect(parseSiteSettings(text, "f", warn).maskArgv).toEqual([]);
    expect(warnings).toEqual([
      expect.stringContaining("f, line 2 is ignored: Invalid regular expression"),
      expect.stringContaining("f, line 3 is ignored: the keys are"),
    ]);
  });

  test("may be as long as the limit, and no longer", async () => {
    const path = join(await tempFolder(), "mlrun.toml");
    const longest = "one-line-frames = true\n".padEnd(RUN_LIMITS.siteFileBytes, "#");
    const warnings: string[] = [];
    await writeFile(path, longest);
    expect(readSiteSettings(path, expect.fail).oneLineFrames).toBe(true);
    await writeFile(path, `${longest}#`);
    expect(readSiteSettings(path, (message) => warnings.push(message)).oneLineFrames).toBe(false);
    expect(warnings).toEqual([`${path} is ignored: it is longer than 65536 bytes`]);
  });

  test.each(["/nowhere/mlrun.toml", "/dev/null", "/dev/full", "/"])("may be missing: %s", (path) => {
    expect(readSiteSettings(path, expect.fail)).toEqual({ oneLineFrames: false, maskArgv: [] });
  });
});
