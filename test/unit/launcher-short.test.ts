import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { RECORD } from "../../src/run/output/records.ts";
import { ROOT } from "../support/programs.ts";
import { type ShortLogs, shortLogs, timedRecord } from "../support/short-logs.ts";

const { begin, pid, stdout, stderr, exit, over } = RECORD.types;
const X = "01JCABCDEFGHJKMNPQRSTVWXYZ";
const STARTED_US = 1_700_000_000_000_001;
const FIELDS = [`x=${X}`, `key=${"k".repeat(22)}`, "job=nightly", "pid=4711", "run-dir=/run/marcologger"];

let ways: ShortLogs;
beforeAll(async () => {
  ways = await shortLogs();
});

interface Printed {
  readonly type: string;
  readonly text: string | Buffer;
}
const out = (text: string | Buffer): Printed => ({ type: stdout, text });
const err = (text: string | Buffer): Printed => ({ type: stderr, text });

interface Case {
  readonly startedUs?: number;
  readonly node?: string;
  readonly cwd?: string;
  readonly fields?: readonly string[];
  readonly printed?: readonly Printed[];
  readonly status?: number;
  readonly isCut?: boolean;
}

/** The records of an execution, each a little later than the one before. */
function recordsOf({
  startedUs = STARTED_US,
  node = "node1.example.org",
  cwd = "/home/alice",
  fields = ["arg=true"],
  printed = [],
  status = 0,
  isCut = false,
}: Case): Buffer {
  const numbers = Buffer.alloc(24);
  numbers.writeBigUInt64LE(isCut ? 1n : 0n);
  const four = Buffer.alloc(4);
  four.writeUInt32LE(status);
  const all: [string, string | Buffer][] = [
    [begin, [...FIELDS, `started-us=${startedUs}`, `node=${node}`, `cwd=${cwd}`, ...fields, ""].join("\0")],
    [pid, Buffer.from([1, 2, 0, 0])],
    ...printed.map(({ type, text }): [string, string | Buffer] => [type, text]),
    [exit, four],
    [over, numbers],
  ];
  return Buffer.concat(all.map(([type, payload], at) => timedRecord(type, payload, startedUs + 1_000 * at)));
}

const words = (...args: string[]) => args.map((word) => `arg=${word}`);
/** Variables that provide labels, in C or in TypeScript. */
const PROVIDERS = [
  ...new Set(
    ["launcher/labels.c", "run/command/surroundings.ts"].flatMap((file) => {
      const [, tables = ""] =
        /(?:SOURCES\[\] =|const LABELS)(.*?PARALLEL_SEQ")/s.exec(readFileSync(join(ROOT, "src", file), "utf8")) ?? [];
      return [...tables.matchAll(/"([A-Z_]{5,}|condor\.proc)"/g)].map(([, name = ""]) => name);
    }),
  ),
].filter((name) => name !== "SLURM_STEP_ID" && name !== "SLURM_");

const TAKEN: readonly (readonly [string, Case])[] = [
  ["nothing printed", {}],
  ["a code", { status: 3 << 8 }],
  ["one line", { printed: [out("one\n")] }],
  ["several lines at once", { printed: [out("one\ntwo\n\n\nfive\n")] }],
  ["both streams, in turn", { printed: [out("one\n"), err("two\n"), out("three\n"), err("four\n")] }],
  ["no newline at the end", { printed: [out("one\ntwo"), err("three")] }],
  ["a line in three reads", { printed: [out("o"), out("n"), err("between\n"), out("e\ntwo")] }],
  ["only newlines", { printed: [out("\n"), out("\n\n")] }],
  ["what is escaped", { printed: [out("\ta\\b\\\\\t\n#012 #12 ##077#\n#00"), out("1\n# 123\n")] }],
  ["spaces at the edges", { printed: [out(" a \n  b  \n \n  \n   \na b\n ")] }],
  ["lines up to the limit", { printed: [out(`${"x".repeat(6_000)}\n`), err(`${"y".repeat(2_000)}`)] }],
  ["many small reads", { printed: Array.from({ length: 90 }, (_, at) => (at % 3 === 0 ? err : out)(`${at}\n`)) }],
  ["words with everything in ASCII", { fields: words("sh", "-c", 'echo "a\\b"\n\t\r\b\f\v\x01\x1f\x7f', "") }],
  [
    "letters beyond ASCII",
    { printed: [out("\u00e4\n\u{1f600} \uffff\u{10ffff}\u0800"), out("\u07ff\n\u00a0 \u2027\u202f")] },
  ],
  ["a letter in two reads", { printed: [out(Buffer.from([0xc3])), out(Buffer.from([0xa4, 0x0a]))] }],
  ["words beyond ASCII", { fields: [`label=a=\u00fc`, ...words("ls", "\u00e4", "\u{1f600}")] }],
  ["256 words", { fields: words(...Array.from({ length: 256 }, () => "w")) }],
  ["words of 4,096 characters", { fields: words("x".repeat(4_000), "y".repeat(96)) }],
  ["a command that is called like a secret", { fields: words("/opt/token=1/run", "https://example.org/", "task-1") }],
  ["labels", { fields: ["label=a=1", "label=output=merged", "label=e=", "label=b=x=y", ...words("ls")] }],
  ["an enclosing mlrun", { fields: ["within-stdout=stderr", `parent=${X}`, `MLRUN_ID=${X}`, ...words("ls")] }],
  ["both streams inside of it", { fields: ["within-stdout=stdout", "within-stderr=stderr", ...words("ls")] }],
  ["an enclosing mlrun, and a label of that name", { fields: ["label=parent=p", `MLRUN_ID=${X}`, ...words("ls")] }],
  ["an id of an enclosing mlrun that is none", { fields: ["MLRUN_ID=a", ...words("ls")] }],
  ["run and user", { fields: ["run=slurm:812[3]", "user=EXAMPLE\\alice$", ...words("ls")] }],
  [
    "a step of Slurm",
    { fields: ["SLURM_STEP_ID=0", "SLURM_PROCID=3", "SLURM_LOCALID=1", "restarts=2", ...words("ls")] },
  ],
  ["a batch script of Slurm", { fields: ["SLURM_PROCID=0", "SLURM_LOCALID=0", "SLURM_STEP_ID=", ...words("ls")] }],
  ["no array", { fields: ["LSB_JOBINDEX=0", "SGE_TASK_ID=undefined", "restarts=0", ...words("ls")] }],
  ["a rank, and a label of that name", { fields: ["label=rank=r", "PMI_RANK=1", "PMI_SIZE=\u00e4 2", ...words("ls")] }],
  [
    "everything at once",
    { fields: [...PROVIDERS.map((name, at) => `${name}=${at}`), "SLURM_STEP_ID=0", ...words("ls")] },
  ],
  ...PROVIDERS.map((name): [string, Case] => [name, { fields: [`${name}=7`, "label=z=", ...words("ls")] }]),
  ["what only the logger needs", { fields: ["HOME=/h", "raw=1", "timeout-ms=5000", "stop-file=/s", ...words("ls")] }],
];

describe("a short execution is handed over by C exactly as by Node", () => {
  test("with the labels of all 28 variables", () => expect(PROVIDERS).toHaveLength(28));

  test.each(TAKEN)("%s", async (_, what) => {
    const records = recordsOf(what);
    const inNode = await ways.inNode(records);
    expect(inNode).toMatch(/^B [0-9A-Z]{26} k{22} \d+\n\{"v":1,.*"end"/s);
    expect(await ways.inC(records)).toBe(inNode);
  });
});

test.each(["1970-01-01", "1972-02-29", "1999-12-31", "2000-02-29", "2000-03-01", "2024-02-29", "2099-12-31"])(
  "BEGIN of %s has Node's time",
  async (day) => {
    const records = recordsOf({ startedUs: Date.parse(`${day}T23:59:59.999Z`) * 1_000 + 999 });
    const inC = await ways.inC(records);
    expect(inC).toContain(`"startedAt":"${day}T23:59:59.999999Z"`);
    expect(inC).toBe(await ways.inNode(records));
  },
);

const LEFT: readonly (readonly [string, Case])[] = [
  ["a carriage return", { printed: [out("10%\r20%\n")] }],
  ["a colour", { printed: [err("\x1b[31mred\x1b[0m\n")] }],
  ["NUL", { printed: [out("a\0b\n")] }],
  ["DEL", { printed: [out("\x7f\n")] }],
  ["C1 controls", { printed: [out("\u0085\n")] }],
  ["text that turns around", { printed: [out("\u202e\n")] }],
  ["half a letter before a newline", { printed: [out(Buffer.from([0xc3, 0x0a]))] }],
  ["a letter in more octets than it needs", { printed: [out(Buffer.from([0xe0, 0x82, 0x80, 0x0a]))] }],
  ["half a surrogate", { printed: [out(Buffer.from([0xed, 0xa0, 0x80, 0x0a]))] }],
  ["an octet that is no letter", { printed: [out(Buffer.from([0xff, 0x0a]))] }],
  ["more than a frame at once", { printed: [out("#000\n".repeat(1_300))] }],
  ["more than is short", { printed: [out(`${"x".repeat(4_100)}\n`), err(`${"y".repeat(4_100)}\n`)] }],
  ["a signal", { status: 9 }],
  ["a time limit", { status: 0x80007c00 }],
  ["an output that was cut", { isCut: true }],
  ["one line a frame", { fields: ["one-line-frames=1", ...words("ls")] }],
  ["a notification", { fields: ["notify=https://example.org", ...words("ls")] }],
  ["a batch system's number in another form", { fields: ["LSB_JOBINDEX=1e3", ...words("ls")] }],
  ["a batch system's label of 257 characters", { fields: [`PARALLEL_SEQ=${"1".repeat(257)}`, ...words("ls")] }],
  ["33 labels", { fields: [...Array.from({ length: 32 }, (_, at) => `label=l${at}=`), "PMI_RANK=0", ...words("ls")] }],
  ["a secret with its name", { fields: words("mysql", "--PASSWORD=geheim") }],
  ["a secret behind its option", { fields: words("x", "--api-key", "abc") }],
  ["a password in an address", { fields: words("git", "clone", "https://me:geheim@example.org/x") }],
  ["a secret in a header", { fields: words("curl", "-H", "Authorization: Bearer abc.def") }],
  ["a token", { fields: words("x", "xoxb-0123456789") }],
  ["a word that ends a line", { fields: words("ls", "\u2028") }],
  ["no word", { fields: [] }],
  ["257 words", { fields: words(...Array.from({ length: 257 }, () => "w")) }],
  ["words of 4,097 characters", { fields: words("x".repeat(4_097)) }],
  ["a folder of 1,025 characters", { cwd: `/${"x".repeat(1_024)}` }],
  ["a BEGIN of more than 7,000 octets", { fields: words("\x01".repeat(1_200)) }],
  ["a label that looks like a number", { fields: ["label=b=1", "label=7=2", ...words("ls")] }],
  ["a label twice", { fields: ["label=a=1", "label=a=2", ...words("ls")] }],
  ["a node's name beyond ASCII", { node: "n\u00f6de", fields: words("ls") }],
  ["a user with a slash", { fields: ["user=a/b", ...words("ls")] }],
];

describe("left to Node", () => {
  test.each(LEFT)("%s", async (_, what) => {
    expect(await ways.inC(recordsOf(what))).toBeUndefined();
  });
});
