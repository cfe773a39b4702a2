import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { countLines } from "../../frame/cri.ts";
import { parseKeyless } from "../../wire/begin.ts";
import { parseEnd } from "../../wire/end.ts";
import { asCount } from "../../wire/record.ts";
import type { IntervalSpill } from "../numbers/spilling-intervals.ts";
import type { NumberedLog } from "./numbered-log.ts";
import type { EndSeen, Origin } from "./origin.ts";
import { type AnyRecord, parseCut, parseMark, parseRun, Sidecar } from "./sidecar.ts";
import { StoredExecution } from "./stored-execution.ts";

const SCAN_BYTES = 1_048_576;
const SEGMENTS_AT_ONCE = 1_000;

export interface LoadOptions {
  readonly durable: boolean;
  readonly spill: IntervalSpill;
  readonly nowMs: number;
}

/**
 * Rebuilds an execution from its files: what the sidecar says, and the lines that stand behind its last mark. A torn
 * tail is cut to the last whole line. Undefined when the sidecar has no readable BEGIN.
 */
export function loadExecution(base: string, options: LoadOptions): StoredExecution | undefined {
  const sidecar = new Sidecar(`${base}.meta`, options.durable);
  const records = sidecar.read();
  const first = records.next().value;
  const origin = first === undefined ? undefined : parseOrigin(first);
  if (origin === undefined) {
    // The file is closed when nobody reads on.
    records.return(undefined);
    return undefined;
  }
  const execution = new StoredExecution({ origin, base, sidecar, spill: options.spill, nowMs: options.nowMs });
  const late = execution.newLog("late");
  let isMerged = false;
  let hasLate = false;
  for (const record of records) {
    if (record.t === "end") execution.endSeen = parseEndSeen(record) ?? execution.endSeen;
    if (record.t === "lost") execution.isLost = true;
    if (record.t === "heard") execution.isLost = false;
    execution.discards.restore(record);
    if (record.t === "beat") execution.recordedBeat = asCount(record.members["beat"]) ?? execution.recordedBeat;
    if (record.t === "merged" && isMergeDecided(base, asCount(record.members["bytes"]))) {
      // Runs and marks before it speak of the logs that it replaced.
      isMerged = true;
      hasLate = false;
      execution.main.reset();
      late.reset();
    }
    const run = parseRun(record);
    if (run !== undefined) {
      hasLate ||= run.f === "late";
      (run.f === "main" ? execution.main : late).addRun(run);
    }
    const cut = parseCut(record);
    if (cut !== undefined) (cut.f === "main" ? execution.main : late).forgetBehind(cut.at);
    const mark = parseMark(record);
    if (mark !== undefined) (mark.f === "main" ? execution.main : late).addMark(mark);
  }
  // Late lines of which it knows came after it.
  if (isMerged && !hasLate) rmSync(late.path, { force: true });
  scanTail(execution.main);
  if (sizeOf(late.path) >= 0) {
    scanTail(late);
    execution.late = late;
  }
  knowNumbers(execution);
  execution.lastBeat = execution.recordedBeat;
  execution.toldLastN = execution.discards.last;
  // The machine's clock may have been ahead when it was written: nobody waits until that time comes again.
  const { endSeen } = execution;
  if (endSeen !== undefined && endSeen.receivedAtMs > options.nowMs)
    execution.endSeen = { ...endSeen, receivedAtMs: options.nowMs };
  execution.judge(options.nowMs);
  execution.isMergeDue = execution.canMerge;
  return execution;
}

/** In order of n, so that what is whole is one range from the start. */
function knowNumbers(execution: StoredExecution): void {
  let next = 1;
  for (;;) {
    const segments = execution.segments(next, SEGMENTS_AT_ONCE);
    for (const { n, lines } of segments) {
      execution.have.add(n, n + lines - 1);
      next = n + lines;
    }
    if (segments.length < SEGMENTS_AT_ONCE) return;
  }
}

/**
 * Whether the merged log of so many bytes stands in the old one's place, which was shorter; a whole one that does not
 * is put there. Without either the merge was given up: its record could not be brought to the disk.
 */
function isMergeDecided(base: string, bytes = Number.MAX_SAFE_INTEGER): boolean {
  if (sizeOf(`${base}.log`) >= bytes) return true;
  if (sizeOf(`${base}.log.new`) !== bytes) return false;
  renameSync(`${base}.log.new`, `${base}.log`);
  return true;
}

/** Counts what stands behind the last mark and cuts a torn line. */
function scanTail(log: NumberedLog): void {
  const fd = openSync(log.path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = fstatSync(fd);
    log.cut(size);
    const mark = log.marks[log.marks.length - 1];
    log.size = mark?.at ?? 0;
    log.lines = mark?.line ?? 0;
    log.fragments = mark?.fragments ?? 0;
    // Most have little behind their last mark, and a start loads thousands of them.
    const block = Buffer.allocUnsafe(Math.max(1, Math.min(SCAN_BYTES, size - log.size)));
    for (;;) {
      const bytes = readSync(fd, block, 0, block.length, log.size);
      const counted = countLines(block.subarray(0, bytes));
      if (counted.lines === 0) break;
      log.size += counted.wholeBytes;
      log.lines += counted.lines;
      log.fragments += counted.fragments;
    }
    if (log.size < size) truncateSync(log.path, log.size);
    // Runs that were announced but whose lines never came, or were cut.
    log.cut(log.size);
  } finally {
    closeSync(fd);
  }
}

/** -1 when it is not there. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

function parseOrigin({ t, members }: AnyRecord): Origin | undefined {
  const begin = parseKeyless(members);
  const { keyHash, owner, claimedStartedAt, cut } = members;
  const uid = asCount(members["uid"]);
  if (t !== "begin" || begin === undefined || uid === undefined) return undefined;
  if (typeof keyHash !== "string" || typeof owner !== "string") return undefined;
  const { x, node, job, argv, cwd, labels, startedAt, pid } = begin;
  return {
    ...{ x, node, keyHash, owner, uid, job, argv, cwd, labels, startedAt, pid },
    ...(typeof claimedStartedAt === "string" ? { claimedStartedAt } : {}),
    ...(Array.isArray(cut) ? { cut: cut.map(String) } : {}),
  };
}

function parseEndSeen(record: AnyRecord): EndSeen | undefined {
  const lastN = asCount(record.members["lastN"]);
  const receivedAtMs = asCount(record.members["receivedAtMs"]);
  const end = parseEnd(JSON.stringify(record.members["end"] ?? null));
  if (lastN === undefined || receivedAtMs === undefined || end === undefined) return undefined;
  return { lastN, receivedAtMs, end };
}
