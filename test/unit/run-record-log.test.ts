import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { RecordReader } from "../../src/run/output/record-reader.ts";
import { makeRecord, RECORD } from "../../src/run/output/records.ts";
import { RecordLog } from "../../src/run/record-log.ts";
import { TIMERS } from "../../src/run/timers.ts";
import { tempFolder } from "../support/temp-folder.ts";

const { begin, stdout, stderr, over } = RECORD.types;

test("frames of all records of a batch leave together, after what they hold was written down once", async () => {
  const folder = await tempFolder();
  const written: number[] = [];
  let isDone = () => {};
  const done = new Promise<void>((settle) => {
    isDone = settle;
  });
  const log = new RecordLog({
    nowUs: () => 1_700_000_000_000_000,
    timers: TIMERS,
    readBegin: () => ({
      argv: ["true"],
      x: "01JCABCDEFGHJKMNPQRSTVWXYZ",
      key: "k".repeat(22),
      job: "job",
      labels: {},
      node: "node1",
      pid: process.pid,
      cwd: "/",
      // No gate listens there: END, and what stands before it, goes into the spool.
      runDir: folder,
      spool: { chosen: folder, system: folder, home: folder, uid: process.getuid?.() ?? 0, relay: "" },
      launch: {},
      timeoutMs: undefined,
      notify: undefined,
      stopFile: undefined,
      startedUs: 1_700_000_000_000_000,
      raw: false,
      oneLineFrames: false,
    }),
    ownPid: process.pid,
    warn: () => {},
    startFlush: () => spawn("true"),
    beforeFlush: ({ progress }) => written.push(progress.framed.stdout + progress.framed.stderr),
    onRoom: () => {},
    onDone: () => isDone(),
  });
  const reader = new RecordReader(log);
  const printed = [stdout, stderr, stdout].map((type) => makeRecord(type, Buffer.from("one line\n")));
  log.batch(() => reader.feed(Buffer.concat([makeRecord(begin, Buffer.from("x")), ...printed])));
  expect(written).toEqual([27]);
  for (const record of printed) reader.feed(record);
  expect(written).toEqual([27, 36, 45, 54]);
  log.batch(() => reader.feed(makeRecord(over, Buffer.alloc(24))));
  await done;
});
