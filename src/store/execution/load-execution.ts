import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { countLines } from "../../frame/cri.ts";
import { parseKeyless } from "../../wire/begin.ts";
import { asCount } from "../../wire/record.ts";
import { isUnixName } from "../../wire/unix-name.ts";
import type { IntervalSpill } from "../numbers/spilling-intervals.ts";
import { parseSealed, type SealedRecord } from "../sealed/member-table.ts";
import { placeSealed, removeSealed, sealedPaths } from "../sealed/sealed-files.ts";
import type { Facts } from "./facts.ts";
import type { NumberedLog } from "./numbered-log.ts";
import { type AnyRecord, parseCut, parseMark, parseStretch, Sidecar } from "./sidecar.ts";
import { StoredExecution } from "./stored-execution.ts";

/** Bytes of a log per step: full of the shortest lines, they take a few milliseconds. */
const SCAN_BYTES = 262_144;
/** Records of the sidecar per step: less than a millisecond, unless stretches go to the disk. */
const RECORDS_A_STEP = 128;

export interface LoadOptions {
  readonly durable: boolean;
  readonly spill: IntervalSpill;
  readonly nowMs: number;
}

/** Steps of loading an execution. Between steps others may have a turn, but must not use its files. */
export type Loading = Generator<undefined, StoredExecution | undefined>;

/**
 * Rebuilds an execution from its files: the sidecar's records, and the lines after its last mark. A torn tail is cut to
 * the last whole line. Undefined if the sidecar has no readable BEGIN.
 */
export function loadExecution(base: string, options: LoadOptions): StoredExecution | undefined {
  const steps = loadingExecution(base, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Like `loadExecution`, in steps of a few milliseconds: in great disorder it takes seconds. */
export function* loadingExecution(base: string, options: LoadOptions): Loading {
  const sidecar = new Sidecar(`${base}.meta`, options.durable);
  const records = sidecar.read();
  const first = records.next().value;
  const facts = first === undefined ? undefined : parseFacts(first);
  if (facts === undefined) {
    // Closes the file.
    records.return(undefined);
    return undefined;
  }
  const execution = new StoredExecution({ facts, base, sidecar, spill: options.spill, nowMs: options.nowMs });
  let isLoaded = false;
  try {
    yield* restore(execution, records, options.nowMs);
    isLoaded = true;
    return execution;
  } finally {
    if (!isLoaded) execution.release();
  }
}

function* restore(
  execution: StoredExecution,
  records: Generator<AnyRecord, undefined>,
  nowMs: number,
): Generator<undefined, void> {
  const { base } = execution;
  const late = execution.logs.create("late");
  let isMerged = false;
  let isUnsealed = false;
  let sealed: SealedRecord | undefined;
  let hasLate = false;
  let read = 0;
  for (const record of records) {
    read += 1;
    if (read % RECORDS_A_STEP === 0) yield;
    execution.restore(record, nowMs);
    if (record.t === "sealed") {
      sealed = parseSealed(record.members);
      // The record is written only when there are no late lines.
      hasLate = false;
      late.reset();
    }
    if (record.t === "unsealed") sealed = undefined;
    if (record.t === "merged" && isMergeDecided(base, asCount(record.members["bytes"]))) {
      // Earlier stretches and marks belong to the logs replaced.
      isMerged = true;
      hasLate = false;
      isUnsealed ||= sealed !== undefined;
      sealed = undefined;
      execution.logs.main.reset();
      late.reset();
    }
    const stretch = parseStretch(record);
    if (stretch !== undefined) {
      hasLate ||= stretch.f === "late";
      (stretch.f === "main" ? execution.logs.main : late).addStretch(stretch);
    }
    const cut = parseCut(record);
    if (cut !== undefined) (cut.f === "main" ? execution.logs.main : late).forgetBehind(cut.at);
    const mark = parseMark(record);
    if (mark !== undefined) (mark.f === "main" ? execution.logs.main : late).addMark(mark);
  }
  const isSealed = sealed !== undefined && isSealDecided(base, sealed);
  // Late lines recorded in it arrived after the merge.
  if ((isMerged || isSealed) && !hasLate) rmSync(late.path, { force: true });
  if (sealed !== undefined && isSealed) {
    execution.logs.seal(sealed);
    removeUnsealed(base, sealed.bytes);
  } else {
    execution.printedAtMs = Math.min(nowMs, yield* scanTail(execution.logs.main));
    // A merge put late lines into an unsealed log, and was interrupted.
    if (isUnsealed) removeSealed(base);
  }
  const hasLateLog = sizeOf(late.path) >= 0;
  if (hasLateLog) yield* scanTail(late);
  yield* execution.restored(hasLateLog ? late : undefined, nowMs);
}

/**
 * Whether the merged log of this size has replaced the old, shorter one; puts a whole one in place that has not.
 * Without either, the merge was abandoned: its record had not reached the disk.
 */
function isMergeDecided(base: string, bytes = Number.MAX_SAFE_INTEGER): boolean {
  if (sizeOf(`${base}.log`) >= bytes) return true;
  if (sizeOf(`${base}.log.new`) !== bytes) return false;
  renameSync(`${base}.log.new`, `${base}.log`);
  return true;
}

/**
 * Whether the sealed log has replaced the other one, or was about to: its record is written once it is whole and on the
 * disk. Lines that came in between rule it out.
 */
function isSealDecided(base: string, { fileBytes, bytes }: SealedRecord): boolean {
  const paths = sealedPaths(base);
  if (sizeOf(paths.log) === fileBytes) return true;
  if (sizeOf(paths.newLog) !== fileBytes || sizeOf(`${base}.log`) !== bytes) return false;
  placeSealed(base);
  return true;
}

/** Removes the log that a sealed one has replaced. */
function removeUnsealed(base: string, bytes: number): void {
  if ([0, bytes].includes(sizeOf(`${base}.log`))) rmSync(`${base}.log`, { force: true });
}

/**
 * Counts the lines after the last mark and cuts off a torn one. Returns when the file was last written. A whole
 * log has a mark at its end and is not even opened: a start loads thousands, and so does a page of a run.
 */
function* scanTail(log: NumberedLog): Generator<undefined, number> {
  const { size, mtimeMs } = lstatSync(log.path);
  log.cut(size);
  const mark = log.marks[log.marks.length - 1];
  log.size = mark?.at ?? 0;
  log.lines = mark?.line ?? 0;
  log.fragments = mark?.fragments ?? 0;
  if (log.size < size) yield* countTail(log, size);
  // Removes stretches that were announced but whose lines never arrived, or were cut off.
  log.cut(log.size);
  return Math.floor(mtimeMs);
}

function* countTail(log: NumberedLog, size: number): Generator<undefined, void> {
  const fd = openSync(log.path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    // Most have few lines after their last mark.
    const block = Buffer.allocUnsafe(Math.max(1, Math.min(SCAN_BYTES, size - log.size)));
    for (;;) {
      const bytes = readSync(fd, block, 0, block.length, log.size);
      const counted = countLines(block.subarray(0, bytes));
      if (counted.lines === 0) break;
      log.size += counted.wholeBytes;
      log.lines += counted.lines;
      log.fragments += counted.fragments;
      yield;
    }
    if (log.size < size) truncateSync(log.path, log.size);
  } finally {
    closeSync(fd);
  }
}

/** -1 if it is missing. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1;
}

function parseFacts({ t, members }: AnyRecord): Facts | undefined {
  const begin = parseKeyless(members);
  const { keyHash, owner, claimedStartedAt, claimedUser, clockMs, cut } = members;
  const uid = asCount(members["uid"]);
  if (t !== "begin" || begin === undefined || uid === undefined) return undefined;
  if (typeof keyHash !== "string" || typeof owner !== "string") return undefined;
  const { x, node, job, run, parent, within, argv, cwd, labels, startedAt, pid } = begin;
  return {
    ...{ x, node, keyHash, owner, uid, job, argv, cwd, labels, startedAt, pid },
    ...(run === undefined ? {} : { run }),
    ...(parent === undefined ? {} : { parent }),
    ...(within === undefined ? {} : { within }),
    ...(typeof claimedUser === "string" && isUnixName(claimedUser) ? { claimedUser } : {}),
    ...(typeof clockMs === "number" && Number.isSafeInteger(clockMs) ? { clockMs } : {}),
    ...(typeof claimedStartedAt === "string" ? { claimedStartedAt } : {}),
    ...(Array.isArray(cut) ? { cut: cut.map(String) } : {}),
  };
}
