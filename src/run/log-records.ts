import { writeSync } from "node:fs";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { RUN_LIMITS } from "./limits.ts";
import { RecordReader } from "./output/record-reader.ts";
import { makeRecord, RECORD } from "./output/records.ts";
import { RecordLog, type RecordLogPorts } from "./record-log.ts";

/** Numbers of `struct progress` in `src/launcher/record.h`: received, then lines, framed and thinned of each stream. */
const PROGRESS_NUMBERS = 7;

interface LogRecordsOptions extends Pick<RecordLogPorts, "nowUs" | "timers" | "readBegin" | "ownPid" | "startFlush"> {
  /** The pump's socket. */
  readonly records: number;
  /** The pipe in which the pump sees this process's progress. It blocks when full. */
  readonly progress: number;
}

/** Logs one execution for the launcher's pump, which ends this process. Settles when everything is handed over. */
export function logRecords(options: LogRecordsOptions): Promise<void> {
  const { records, progress, nowUs, timers, readBegin, ownPid, startFlush } = options;
  return new Promise((resolve) => {
    const numbers = new BigUint64Array(PROGRESS_NUMBERS);
    const saveProgress = () => {
      const { lines, framed, thinned } = log.progress;
      const counts = [
        reader.octets,
        ...[lines.stdout, lines.stderr, framed.stdout, framed.stderr, thinned.stdout, thinned.stderr],
      ];
      for (const [at, count] of counts.entries()) numbers[at] = BigInt(count);
      tell(progress, numbers);
    };
    const say = (type: string, text = "") => tell(records, makeRecord(type, Buffer.from(text)));
    const log = new RecordLog({
      nowUs,
      timers,
      readBegin,
      ownPid,
      startFlush,
      warn: (message) => say(RECORD.types.warning, message),
      beforeFlush: saveProgress,
      onRoom: () => {
        if (log.batch(() => reader.resume())) socket.resume();
      },
      onDone: () => {
        saveProgress();
        say(RECORD.types.done);
        resolve();
      },
    });
    const reader = new RecordReader(log);
    const buffer = Buffer.allocUnsafeSlow(RUN_LIMITS.recordsBytes);
    const onread: OnReadOpts = {
      buffer,
      callback: (bytes) => log.batch(() => reader.feed(buffer.subarray(0, bytes))),
    };
    const socketOptions: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: records,
      readable: true,
      writable: true,
      onread,
    };
    const socket = new Socket(socketOptions);
    socket.on("error", () => {});
    // The pump was killed: nothing more will come.
    socket.once("close", () => void log.over());
    say(RECORD.types.ready);
  });
}

function tell(fd: number, bytes: Uint8Array | BigUint64Array): void {
  try {
    writeSync(fd, bytes);
  } catch {
    // Without the pump, nobody listens.
  }
}
