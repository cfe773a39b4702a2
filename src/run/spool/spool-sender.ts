import { closeSync, constants, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Begin, parseBegin } from "../../wire/begin.ts";
import { greeting } from "../delivery/gate-protocol.ts";
import { RelaySession } from "../delivery/relay-session.ts";
import { RUN_LIMITS } from "../limits.ts";
import type { Timers } from "../timers.ts";
import { frameAt, wholeFramesEnd } from "./frame-scan.ts";
import { claim, release, setAside, spooledFiles } from "./spool-files.ts";

interface FlushOptions {
  readonly folder: string;
  readonly runDir: string;
  /** Name of this process. */
  readonly owner: string;
  readonly after: Timers["after"];
  warn(message: string): void;
}

interface FlushResult {
  readonly delivered: number;
  readonly kept: number;
  /** Files that do not begin with a BEGIN: set aside. */
  readonly damaged: number;
  /** Files that cannot be read: each is named to the user, and stays. */
  readonly unreadable: number;
}

/** Room for BEGIN, the first record, and for many frames. */
const READ_BYTES = 65_536;

/**
 * Delivers the waiting files of the spool, one after another, and stops at the first that the relay does not take. A
 * file is removed once the relay has taken over all of it. A file that cannot be read holds up no other.
 */
export async function flushSpool(options: FlushOptions): Promise<FlushResult> {
  const { folder, owner, warn } = options;
  const done = { delivered: 0, damaged: 0 };
  const unreadable = new Set<string>();
  // Repeats while files appear: another mlrun that finds this flush running leaves its files to it.
  for (let before = -1; before < done.delivered; ) {
    before = done.delivered;
    for (const file of spooledFiles(folder).waiting) {
      const path = unreadable.has(file.stem) ? undefined : claim(folder, file, owner);
      if (path === undefined) continue;
      const fate = await deliver(path, options).catch((error: unknown) => {
        warn(`Cannot deliver ${file.stem}.spool in ${folder}: ${String(error)}; it stays there`);
        unreadable.add(file.stem);
        return "unreadable" as const;
      });
      if (fate === "kept" || fate === "unreadable") release(folder, file, path);
      if (fate === "kept") {
        const kept = spooledFiles(folder).waiting.length - unreadable.size;
        return { ...done, kept, unreadable: unreadable.size };
      }
      if (fate === "unreadable") continue;
      if (fate === "delivered") rmSync(path);
      else setAside(folder, file, path);
      done[fate] += 1;
    }
  }
  return { ...done, kept: 0, unreadable: unreadable.size };
}

type Sending = Pick<FlushOptions, "runDir" | "after">;

/** Delivers one file. Throws if it cannot be read. */
async function deliver(path: string, how: Sending): Promise<"delivered" | "kept" | "damaged"> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const data = Buffer.allocUnsafe(READ_BYTES);
    const first = data.subarray(0, readSync(fd, data, 0, READ_BYTES, 0));
    const frame = frameAt(first, 0);
    // The writer died before BEGIN was complete: the file holds nothing.
    if (frame === undefined) return "delivered";
    const json = first.toString("utf8", frame.from, frame.end);
    const begin = parseBegin(json);
    if (begin === undefined) return "damaged";
    return (await sendFrames({ fd, data, from: frame.end, begin, json, ...how })) ? "delivered" : "kept";
  } finally {
    closeSync(fd);
  }
}

interface OpenFile extends Sending {
  readonly fd: number;
  /** Memory to read into. */
  readonly data: Buffer;
  /** Offset of the first frame. */
  readonly from: number;
  readonly begin: Begin;
  /** `begin` exactly as in the file. */
  readonly json: string;
}

/** @returns Whether the relay has taken over all frames. */
function sendFrames({ fd, data, from, begin, json, runDir, after }: OpenFile): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let at = from;
    const wait = () => after(RUN_LIMITS.takeOverMs, () => settle(() => resolve(false)));
    let cancel = wait();
    const settle = (tell: () => void) => {
      cancel();
      session.destroy();
      tell();
    };
    const next = () => {
      cancel();
      cancel = wait();
      try {
        sendSome();
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const sendSome = () => {
      const read = data.subarray(0, readSync(fd, data, 0, data.length, at));
      // If the writer died inside a frame, the file ends before that frame.
      const end = wholeFramesEnd(read);
      at += end;
      if (end === 0) session.finish();
      else session.write(read.subarray(0, end), next);
    };
    const session = new RelaySession(
      { path: join(runDir, "mlrun.sock"), greeting: greeting({ x: begin.x, k: begin.k, json }) },
      { ready: next, takenOver: () => settle(() => resolve(true)), lost: () => settle(() => resolve(false)) },
    );
  });
}
