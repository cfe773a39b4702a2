import { closeSync, constants, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Announcer } from "../delivery/announcer.ts";
import { RelaySession } from "../delivery/relay-session.ts";
import { RUN_LIMITS } from "../limits.ts";
import { frameAt, wholeFramesEnd } from "./frame-scan.ts";
import { claim, release, spooledFiles } from "./spool-files.ts";

export interface FlushOptions {
  readonly folder: string;
  readonly runDir: string;
  /** Name of this process. */
  readonly owner: string;
}

export interface FlushResult {
  readonly delivered: number;
  readonly kept: number;
}

/** Room for BEGIN, which stands whole at the start, and for many frames. */
const READ_BYTES = 65_536;

/** Delivers what waits in the spool, one file after the other, and stops at the first that the relay does not take. */
export async function flushSpool(options: FlushOptions): Promise<FlushResult> {
  const { folder, runDir, owner } = options;
  let delivered = 0;
  // More may come while it works: whoever finds a flush at work leaves its files to it.
  for (let before = -1; before < delivered; ) {
    before = delivered;
    for (const file of spooledFiles(folder).waiting) {
      const path = claim(folder, file, owner);
      if (path === undefined) continue;
      if (!(await deliver(path, runDir))) {
        release(folder, file, path);
        return { delivered, kept: spooledFiles(folder).waiting.length };
      }
      rmSync(path);
      delivered += 1;
    }
  }
  return { delivered, kept: 0 };
}

/** @returns Whether the relay has taken over the whole file. */
async function deliver(path: string, runDir: string): Promise<boolean> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const data = Buffer.allocUnsafe(READ_BYTES);
    const first = data.subarray(0, readSync(fd, data, 0, READ_BYTES, 0));
    const begin = frameAt(first, 0);
    // Torn before its BEGIN was whole: there is nothing in it.
    if (begin === undefined) return true;
    const json = first.toString("utf8", begin.from, begin.end);
    return await sendFrames({ fd, data, from: begin.end, json, runDir });
  } finally {
    closeSync(fd);
  }
}

function sendFrames(file: { fd: number; data: Buffer; from: number; json: string; runDir: string }): Promise<boolean> {
  const { fd, data, json, runDir } = file;
  return new Promise((resolve) => {
    let at = file.from;
    const announcer = new Announcer(json, runDir);
    const patience = setTimeout(() => settle(false), RUN_LIMITS.endOfFileMs);
    const settle = (takenOver: boolean) => {
      clearTimeout(patience);
      session.destroy();
      announcer.end();
      resolve(takenOver);
    };
    const next = () => {
      patience.refresh();
      const read = data.subarray(0, readSync(fd, data, 0, data.length, at));
      // A file that its writer left in the middle of a frame ends before that frame.
      const end = wholeFramesEnd(read);
      at += end;
      if (end === 0) session.finish();
      else session.write(read.subarray(0, end), next);
    };
    const session = new RelaySession(
      { path: join(runDir, "lines.sock"), announce: () => announcer.announce() },
      {
        ready: () => (session.announced ? next() : settle(false)),
        takenOver: () => settle(true),
        lost: () => settle(false),
      },
      false,
    );
  });
}
