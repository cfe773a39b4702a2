import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadExecution } from "../../src/store/execution/load-execution.ts";
import { IntervalDb } from "../../src/store/numbers/disk-intervals.ts";
import { Tombstones } from "../../src/store/removal/tombstones.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate, mutateJson } from "./mutate.ts";
import type { Random } from "./random.ts";
import { END, TIME, X } from "./samples.ts";

const LINE = `${TIME} stdout F line\n`;
const ORIGIN = {
  x: X,
  node: "node1",
  keyHash: "h",
  owner: "alice",
  uid: 1_001,
  job: "j",
  argv: ["a"],
  cwd: "/",
  labels: {},
};
const BEGIN = { t: "begin", v: 1, ...ORIGIN, startedAt: TIME, pid: 7 };
const OTHERS: readonly [object, ...object[]] = [
  { t: "run", f: "main", at: 2 * LINE.length, line: 2, n: 9 },
  { t: "mark", f: "main", at: LINE.length, line: 1, fragments: 0, n: 2, time: TIME },
  { t: "run", f: "late", at: 0, line: 0, n: 4 },
  { t: "cut", f: "main", at: LINE.length },
  { t: "end", lastN: 12, receivedAtMs: 1, end: END },
  { t: "discard", from: 5, reason: "lines-per-second", limit: 10 },
  { t: "discard", from: 5, to: 8, reason: "lines-per-second", limit: 10 },
  { t: "beat", beat: 30 },
  { t: "lost" },
  { t: "heard" },
  { t: "merged", lines: 2, bytes: 2 * LINE.length },
];

/**
 * An execution's files with whatever a broken disk, or a fault of ours, made of them: the start of the collector does
 * not fail by it, and what it then tells of them are numbers.
 */
const sidecar: FuzzTarget = {
  name: "sidecar",
  isSlow: true,
  begin: async () => {
    const base = join(await tempFolder(), "x");
    const spill = { maxRangesInMemory: 64, db: new IntervalDb(`${base}.db`) };
    const options = { durable: false, spill, nowMs: 100_000 };
    return (random) => {
      const records = [
        random.oneIn(8) ? mutateJson(random, BEGIN) : BEGIN,
        ...Array.from({ length: random.below(5) }, () => record(random)),
      ];
      const text = Buffer.from(records.map((each) => `${JSON.stringify(each)}\n`).join(""));
      writeFileSync(`${base}.meta`, random.oneIn(3) ? mutate(random, text) : text);
      const log = Buffer.from(LINE.repeat(random.below(5)));
      writeFileSync(`${base}.log`, random.oneIn(3) ? mutate(random, log) : log);
      if (random.oneIn(3)) writeFileSync(`${base}.late.log`, LINE.repeat(random.below(3)));
      const execution = loadExecution(base, options);
      if (execution === undefined) return;
      const { lines, bytes, missing, discarded = [] } = execution.summary();
      assert.ok(discarded.length <= 100 && discarded.every(({ from, to }) => 1 <= from && from <= to));
      assert.ok(Number.isSafeInteger(lines) && lines >= 0 && Number.isFinite(bytes) && missing.length <= 100);
      execution.release();
      assert.ok(existsSync(`${base}.log`));
    };
  },
};

function record(random: Random): unknown {
  const valid = random.pick(OTHERS);
  return random.oneIn(2) ? valid : mutateJson(random, valid);
}

/** Tombstones damaged by a broken disk: the start continues, and keeps the intact ones. */
const tombstones: FuzzTarget = {
  name: "tombstones",
  isSlow: true,
  begin: async () => {
    const folder = join(await tempFolder(), "deleted");
    mkdirSync(folder);
    const path = join(folder, "2026-11-20.jsonl");
    const valid = { node: "node1", x: X, keyHash: "h", base: "alice/2026-11-20/x", deletedAtMs: 1 };
    return (random) => {
      const records = Array.from({ length: random.below(4) }, () => mutateJson(random, valid));
      const text = Buffer.from([...records, valid].map((each) => `\n${JSON.stringify(each)}\n`).join(""));
      const broken = random.oneIn(2) ? text : mutate(random, text);
      writeFileSync(path, Buffer.concat([broken, Buffer.from(`\n${JSON.stringify(valid)}\n`)]));
      const known = [...new Tombstones(folder).all()];
      assert.ok(known.length >= 1 && known.every(({ x, deletedAtMs }) => x !== undefined && deletedAtMs >= 0));
    };
  },
};

export const FILE_TARGETS: readonly FuzzTarget[] = [sidecar, tombstones];
