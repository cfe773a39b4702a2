import { spawn } from "node:child_process";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { parseBeginFields } from "../../src/run/begin-fields.ts";
import { RecordReader } from "../../src/run/output/record-reader.ts";
import { makeRecord } from "../../src/run/output/records.ts";
import { RecordLog } from "../../src/run/record-log.ts";
import { TIMERS } from "../../src/run/timers.ts";
import { afterwards } from "./cleanup.ts";
import { startSanitized } from "./sanitized.ts";
import { tempFolder } from "./temp-folder.ts";

const SOURCES = ["short-begin", "labels", "short-frames", "secrets", "text", "utf8", "fields", "ids", "ring"];
/** The time of each execution's end. */
const NOW_US = 1_700_000_000_999_999;

/** The two ways from an execution's records to the gate's input. */
export interface ShortLogs {
  /** Written by the launcher, in C, with sanitizers. Undefined: the launcher leaves them to Node. */
  inC(records: Buffer): Promise<string | undefined>;
  /** Written by Node. Undefined: BEGIN is invalid. */
  inNode(records: Buffer): Promise<string | undefined>;
}

/** A record with its time, as the pump writes it. */
export function timedRecord(type: string, payload: string | Buffer, timeUs: number): Buffer {
  const record = makeRecord(type, Buffer.from(payload));
  record.writeBigUInt64LE(BigInt(timeUs), 8);
  return record;
}

export async function shortLogs(): Promise<ShortLogs> {
  // A zone that counts leap seconds, if tzdata has it: all times are UTC nevertheless.
  const environment = { TZ: "right/UTC" };
  const ask = await startSanitized({ program: "short_log", folder: "src/launcher", sources: SOURCES, environment });
  const folder = await tempFolder();
  const received = await gate(join(folder, "mlrun.sock"));
  const now = Buffer.alloc(8);
  now.writeBigUInt64LE(BigInt(NOW_US));
  return {
    inC: async (records) => {
      const answer = await ask("R", Buffer.concat([now, records]));
      return answer === "refused" ? undefined : Buffer.from(answer, "hex").toString("latin1");
    },
    inNode: async (records) => ((await logInNode(records, folder)) ? received() : undefined),
  };
}

/** A gate that confirms everything. @returns A function that takes the last connection's bytes. */
async function gate(path: string): Promise<() => string> {
  let chunks: Buffer[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    chunks = [];
    socket.once("data", () => socket.write("K"));
    socket.on("data", (bytes: Buffer) => chunks.push(bytes));
    socket.on("end", () => socket.end("T"));
    socket.on("error", () => {});
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  afterwards(() => void server.close());
  return () => Buffer.concat(chunks).toString("latin1");
}

/** Settles when everything is handed over. False: nothing can be handed over. */
async function logInNode(records: Buffer, folder: string): Promise<boolean> {
  let isDone = () => {};
  const done = new Promise<void>((settle) => {
    isDone = settle;
  });
  const places = { chosen: folder, system: folder, home: folder, uid: process.getuid?.() ?? 0, relay: "" };
  const log = new RecordLog({
    nowUs: () => NOW_US,
    timers: TIMERS,
    readBegin: (payload) => {
      const site = () => ({ oneLineFrames: false, maskArgv: [] });
      const begin = parseBeginFields(payload, { spoolPlaces: () => places, site });
      return begin && { ...begin, runDir: folder };
    },
    ownPid: process.pid,
    warn: () => {},
    startFlush: () => spawn("true"),
    beforeFlush: () => {},
    onRoom: () => {},
    onDone: () => isDone(),
  });
  log.batch(() => new RecordReader(log).feed(records));
  if (!log.hasBegun) return false;
  if (!log.isOver) await log.over();
  await done;
  return true;
}
