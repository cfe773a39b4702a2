import { describe, expect, test } from "vitest";
import { RecordClock } from "../../src/run/output/record-clock.ts";
import { RecordReader } from "../../src/run/output/record-reader.ts";
import { makeRecord, parseFields, parseNumbers, parseStatus } from "../../src/run/output/records.ts";
import { TIMERS } from "../../src/run/timers.ts";

/** The pieces as read: one text for each record or run of printed bytes. */
function read(
  pieces: readonly Buffer[],
  mayGoOn: () => boolean = () => true,
): { seen: string[]; reader: RecordReader } {
  const seen: string[] = [];
  const reader = new RecordReader({
    output: (stream, bytes) => {
      const last = seen.at(-1);
      const isSame = last?.startsWith(`${stream} `) === true;
      if (isSame) seen[seen.length - 1] = `${last}${bytes}`;
      else seen.push(`${stream} ${bytes}`);
      return mayGoOn();
    },
    record: ({ type, payload }) => {
      seen.push(`${type} ${payload}`);
      return mayGoOn();
    },
  });
  for (const piece of pieces) {
    let isTaken = reader.feed(piece);
    while (!isTaken) isTaken = reader.resume();
  }
  return { seen, reader };
}

describe("records of the launcher's pump", () => {
  const stream = Buffer.concat([
    makeRecord("B", Buffer.from("x=1\0")),
    makeRecord("1", Buffer.from("a line of seventeen\n")),
    makeRecord("2", Buffer.from("exactly sixteen!")),
    makeRecord("X", Buffer.alloc(4)),
    makeRecord("D"),
  ]);
  const whole = read([stream]).seen;

  test("are parsed, without their padding", () => {
    expect(whole).toEqual(["B x=1\0", "stdout a line of seventeen\n", "stderr exactly sixteen!", "X \0\0\0\0", "D "]);
  });

  test("are the same wherever the stream is cut", () => {
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const { seen, reader } = read([stream.subarray(0, cut), stream.subarray(cut)]);
      expect(seen).toEqual(whole);
      expect(reader.octets).toBe(stream.length);
    }
  });

  test("wait while there is no room, and lose nothing", () => {
    let asked = 0;
    const { seen } = read([stream], () => {
      asked += 1;
      return asked % 2 === 0;
    });
    expect(seen).toEqual(whole);
  });
});

test("fields may repeat, contain equals signs, and not be UTF-8", () => {
  const fields = parseFields(Buffer.from([...Buffer.from("arg=a=b\0arg=\0cwd=/"), 0xff, 0]));
  expect(Object.fromEntries(fields)).toEqual({ arg: ["a=b", ""], cwd: ["/\ufffd"] });
});

test("numbers have 64 bits each; a remainder is ignored", () => {
  const bytes = Buffer.alloc(20);
  bytes.writeBigUInt64LE(7n, 0);
  bytes.writeBigUInt64LE(1n << 40n, 8);
  expect(parseNumbers(bytes)).toEqual([7, 2 ** 40]);
});

test.each([
  [0, { code: 0, signal: null }],
  [7 << 8, { code: 7, signal: null }],
  [255 << 8, { code: 255, signal: null }],
  [9, { code: null, signal: "SIGKILL" }],
  [0x80 | 11, { code: null, signal: "SIGSEGV" }],
  [32, { code: null, signal: "SIG32" }],
  [34, { code: null, signal: "SIGRTMIN" }],
  [37, { code: null, signal: "SIGRTMIN+3" }],
  [64, { code: null, signal: "SIGRTMIN+30" }],
])("the wait status %i is %j", (status, end) => {
  expect(parseStatus(status)).toEqual(end);
});

test("the record clock shows the current record's time, and now between records", () => {
  let nowUs = 2_000_000;
  const clock = new RecordClock(() => nowUs, TIMERS);
  clock.setRecord(1_500_001);
  expect([clock.timestamp(), clock.printedMs(), clock.elapsedMs()]).toEqual([
    "1970-01-01T00:00:01.500001Z",
    1_500.001,
    2_000,
  ]);
  clock.setRecord(undefined);
  nowUs = 3_000_000;
  expect([clock.timestamp(), clock.printedMs()]).toEqual(["1970-01-01T00:00:03.000000Z", 3_000]);
});
