import { closeSync, constants, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Begin, parseBegin } from "../../wire/begin.ts";
import { greeting } from "../delivery/gate-protocol.ts";
import { RelaySession } from "../delivery/relay-session.ts";
import { RUN_LIMITS } from "../limits.ts";
import { frameAt, wholeFramesEnd } from "./frame-scan.ts";
import { claim, release, setAside, spooledFiles } from "./spool-files.ts";

export interface FlushOptions {
  readonly folder: string;
  readonly runDir: string;
  /** Name of this process. */
  readonly owner: string;
}

export interface FlushResult {
  readonly delivered: number;
  readonly kept: number;
  /** Files that do not begin with a BEGIN: set aside. */
  readonly damaged: number;
}

/** Room for BEGIN, the first record, and for many frames. */
const READ_BYTES = 65_536;

/**
 * Delivers the waiting files of the spool, one after another, and stops at the first that the relay does not take. A
 * file is removed once the relay has taken over all of it.
 */
export async function flushSpool(options: FlushOptions): Promise<FlushResult> {
  const { folder, runDir, owner } = options;
  const done = { delivered: 0, damaged: 0 };
  // Repeats while files appear: another mlrun that finds this flush running leaves its files to it.
  for (let before = -1; before < done.delivered; ) {
    before = done.delivered;
    for (const file of spooledFiles(folder).waiting) {
      const path = claim(folder, file, owner);
      if (path === undefined) continue;
      const fate = await deliver(path, runDir);
      if (fate === "kept") {
        release(folder, file, path);
        return { ...done, kept: spooledFiles(folder).waiting.length };
      }
      if (fate === "delivered") rmSync(path);
      else setAside(folder, file, path);
      done[fate] += 1;
    }
  }
  return { ...done, kept: 0 };
}

async function deliver(path: string, runDir: string): Promise<"delivered" | "kept" | "damaged"> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const data = Buffer.allocUnsafe(READ_BYTES);
    const first = data.subarray(0, readSync(fd, data, 0, READ_BYTES, 0));
    const frame = frameAt(first, 0);
    // Its writer died before BEGIN was complete: the file holds nothing.
    if (frame === undefined) return "delivered";
    const json = first.toString("utf8", frame.from, frame.end);
    const begin = parseBegin(json);
    if (begin === undefined) return "damaged";
    return (await sendFrames({ fd, data, from: frame.end, begin, json, runDir })) ? "delivered" : "kept";
  } finally {
    closeSync(fd);
  }
}

interface OpenFile {
  readonly fd: number;
  /** Memory to read into. */
  readonly data: Buffer;
  /** Offset of the first frame. */
  readonly from: number;
  readonly begin: Begin;
  /** `begin` exactly as in the file. */
  readonly json: string;
  readonly runDir: string;
}

/** @returns Whether the relay has taken over all frames. */
function sendFrames({ fd, data, from, begin, json, runDir }: OpenFile): Promise<boolean> {
  return new Promise((resolve) => {
    let at = from;
    const patience = setTimeout(() => settle(false), RUN_LIMITS.takeOverMs);
    const settle = (takenOver: boolean) => {
      clearTimeout(patience);
      session.destroy();
      resolve(takenOver);
    };
    const next = () => {
      patience.refresh();
      const read = data.subarray(0, readSync(fd, data, 0, data.length, at));
      // If its writer died inside a frame, the file ends before that frame.
      const end = wholeFramesEnd(read);
      at += end;
      if (end === 0) session.finish();
      else session.write(read.subarray(0, end), next);
    };
    const session = new RelaySession(
      { path: join(runDir, "mlrun.sock"), greeting: greeting({ x: begin.x, k: begin.k, json }) },
      { ready: next, takenOver: () => settle(true), lost: () => settle(false) },
    );
  });
}
