import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { parseBeginFields } from "../../src/run/begin-fields.ts";
import { RecordReader } from "../../src/run/output/record-reader.ts";
import { makeRecord, parseNumbers } from "../../src/run/output/records.ts";
import { program } from "../support/programs.ts";
import { type ShortLogs, shortLogs, timedRecord } from "../support/short-logs.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

const FIELDS = Buffer.from(
  "x=01JCABCDEFGHJKMNPQRSTVWXYZ\0key=k\0job=j\0node=n\0pid=1\0started-us=2\0run-dir=/r\0label=a=b\0arg=ls\0",
);
const RECORDS = Buffer.concat([
  makeRecord("B", FIELDS),
  makeRecord("S", Buffer.alloc(64)),
  makeRecord("1", Buffer.from("one\ntwo\n")),
  makeRecord("2", Buffer.from("three")),
  makeRecord("X", Buffer.alloc(4)),
  makeRecord("Z", Buffer.alloc(24)),
]);

/** Reads the bytes split at the given places. */
function readCut(bytes: Buffer, cuts: readonly number[]): { text: string; octets: number } {
  let text = "";
  const reader = new RecordReader({
    output(stream, piece) {
      text += `${stream}${piece.toString("latin1")}`.replaceAll(stream, "");
      return true;
    },
    record({ type, payload }) {
      text += `${type}:${payload.toString("latin1")};`;
      return true;
    },
  });
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    reader.feed(bytes.subarray(from, cut));
    from = cut;
  }
  return { text, octets: reader.octets };
}

/** The pump's records, whole or damaged: read the same wherever they are split, and never beyond the input. */
const records: FuzzTarget = {
  name: "records",
  begin: () => (random) => {
    const bytes = random.oneIn(10) ? RECORDS : mutate(random, RECORDS);
    const cuts = Array.from({ length: random.below(4) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
    const whole = readCut(bytes, []);
    assert.deepEqual(readCut(bytes, cuts), whole);
    assert.ok(whole.octets <= bytes.length);
    const fields = random.oneIn(10) ? FIELDS : mutate(random, FIELDS);
    const places = () => ({ chosen: undefined, system: "/s", home: "/h", uid: 0, relay: "" });
    const begin = parseBeginFields(fields, {
      spoolPlaces: places,
      site: () => ({ oneLineFrames: false, maskArgv: [] }),
    });
    if (begin !== undefined) assert.ok(begin.argv.length > 0 && Number.isSafeInteger(begin.pid));
    assert.ok(parseNumbers(fields).every((number) => number >= 0));
  },
};

const WORDS = [
  "--job",
  "j",
  "--label",
  "a=b",
  "--id",
  "--quiet",
  "--run-dir=/x",
  "--late",
  "7",
  "--pty",
  "--merge",
] as const;

/** The command line of the native mlrun: refuses it with a reason and never crashes. Without a command nothing runs. */
const options: FuzzTarget = {
  name: "launcher-options",
  isSlow: true,
  begin: () => (random) => {
    // Starting a program takes a thousand times as long as a parser in this process.
    if (!random.oneIn(16)) return;
    const words = Array.from({ length: random.below(8) }, () => {
      const word = random.pick(WORDS);
      return random.oneIn(3) ? mutate(random, Buffer.from(word)).toString("latin1").replaceAll("\0", "") : word;
    });
    const isHarmless = words.every((word) => word !== "--" && word !== "--flush");
    if (!isHarmless) return;
    const [file, ...args] = program("mlrun", ...words);
    const { status, stderr } = spawnSync(file, args, { encoding: "latin1" });
    assert.equal(status, words.includes("--help") || words.includes("--version") ? 0 : 125);
    assert.match(stderr, /^mlrun: [\s\S]+\nmlrun --help lists the options\.\n$/);
  },
};

const PIECES = [
  "#012",
  ..."ab #\\\t\n\n\n\u00e4\u{1f600}",
  "  ",
  " \n",
  "a longer line of output\n",
  "x".repeat(500),
] as const;
const MORE_FIELDS = [
  "arg=--my-Access_Key",
  "arg=x_PassWd=y",
  "arg=--token",
  "arg=ftp://me:pw@host/",
  "arg=X: basic Zm9v",
  `arg=sk-${"a".repeat(20)}`,
  `arg=ghs_${"b".repeat(20)}`,
  "arg=xoxe-0123456789",
  "arg=eyJhbGciOiJ.eyJzdWIiOi.",
  "label=a=b",
  "label=parent=p",
  "label=c=\u00e4",
  "run=slurm:1",
  "parent=01JCABCDEFGHJKMNPQRSTVWXYZ",
  "MLRUN_ID=01JCABCDEFGHJKMNPQRSTVWXYZ",
  "within-stdout=stderr",
  "within-stderr=stderr",
  "user=alice",
  "raw=1",
  "PMIX_RANK=1",
  "SLURM_PROCID=2",
  "SLURM_STEP_ID=0",
  "SLURM_ARRAY_TASK_ID=3",
  "PBS_ARRAY_INDEX=",
  "condor.proc=4",
  "SGE_TASK_ID=undefined",
  "LSB_JOBINDEX=00",
  "PARALLEL_SEQ=5",
  "restarts=1",
  "label=rank=r",
  'arg=a "word"\n',
  "cwd=/home/\u00fc",
] as const;

/** A stream's output, cut anywhere into reads: also inside of a letter. */
function readsOf(random: Random): Buffer[] {
  const text = Buffer.from(Array.from({ length: random.below(20) }, () => random.pick(PIECES)).join(""));
  const bytes = random.oneIn(12) ? mutate(random, text) : text;
  const cuts = random.cuts(bytes.length);
  return cuts.map((end, at) => bytes.subarray(cuts[at - 1] ?? 0, end)).filter(({ length }) => length > 0);
}

/** An execution's records, whole: nearly always with output and fields that C takes. */
function shortRecords(random: Random): Buffer {
  let timeUs = 1_700_000_000_000_000;
  const record = (type: string, payload: string | Buffer) => {
    timeUs += random.below(1_000);
    return timedRecord(type, payload, timeUs);
  };
  const more = Array.from({ length: random.below(4) }, () => random.pick(MORE_FIELDS));
  const fields = Buffer.concat([FIELDS, Buffer.from(["cwd=/", ...more, ""].join("\0"))]);
  const [out, err] = [readsOf(random), readsOf(random)];
  const printed: Buffer[] = [];
  while (out.length + err.length > 0) {
    const isOut = err.length === 0 || (out.length > 0 && random.oneIn(2));
    const bytes = (isOut ? out : err).shift();
    if (bytes !== undefined) printed.push(record(isOut ? "1" : "2", bytes));
  }
  const status = Buffer.from([random.oneIn(12) ? random.below(256) : 0, random.below(256), 0, 0]);
  return Buffer.concat([
    record("B", random.oneIn(4) ? mutate(random, fields) : fields),
    ...printed,
    record("X", status),
    record("Z", Buffer.alloc(24)),
  ]);
}

/** The launcher's encoder of short executions, with sanitizers: writes what Node writes, or leaves it to Node. */
const short: FuzzTarget = {
  name: "short-logs",
  isSlow: true,
  // Each goes over a socket.
  casesPerCase: 8,
  begin: async () => {
    const ways: ShortLogs = await shortLogs();
    return async (random) => {
      const all = shortRecords(random);
      const inC = await ways.inC(all);
      if (inC !== undefined) assert.equal(inC, await ways.inNode(all));
    };
  },
};

export const LAUNCHER_TARGETS: readonly FuzzTarget[] = [records, options, short];
