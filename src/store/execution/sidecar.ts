import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import type { LoopTurns } from "../../host/loop-turns.ts";
import { CRI } from "../../wire/cri.ts";
import { asCount, asRecord, parseJson, type UnknownRecord } from "../../wire/record.ts";
import { createForAppend } from "../disk/create-file.ts";
import { LastMerge, ValidRecords } from "./valid-records.ts";

const LINE_FEED = 0x0a;
/** A frame's n has at most fifteen digits. */
const MAX_N = 999_999_999_999_999;
const BLOCK_BYTES = 262_144;
/** A million stretches. A larger sidecar is not rewritten: that would block everything else. */
const MAX_REWRITTEN_BYTES = 64 * 1_048_576;

/** Which of an execution's two logs a record belongs to: lines in order, or those that arrived after later ones. */
export type LogName = "main" | "late";

/** From byte `at` on, which is physical line `line` (from 0), lines are numbered from `n`. */
export interface StretchRecord {
  readonly t: "stretch";
  readonly f: LogName;
  readonly at: number;
  readonly line: number;
  readonly n: number;
}

/** A place to start reading: `line` lines, of which `fragments` are fragments, precede byte `at`; the next is n. */
export interface MarkRecord {
  readonly t: "mark";
  readonly f: LogName;
  readonly at: number;
  readonly line: number;
  readonly fragments: number;
  readonly n: number;
  readonly time: string;
}

/** Voids stretches and marks beyond byte `at`: a power cut took their lines, and others may be there by now. */
export interface CutRecord {
  readonly t: "cut";
  readonly f: LogName;
  readonly at: number;
}

/** A restored record; its reader checks the members besides `t`. */
export interface AnyRecord {
  readonly t: string;
  readonly members: UnknownRecord;
}

/**
 * The sidecar of one log: JSON lines with everything that the log cannot express (owner, key's hash, numbering, end).
 * Append-only, until a merge makes its stretches void. It is opened for each record: there are few, and keeping it open
 * would double the descriptors of each execution.
 */
export class Sidecar {
  readonly path: string;
  /** Each record is on the disk before `append` returns (`--sync always`). */
  readonly durable: boolean;
  /** Bytes of the file; known once it has been read or created. */
  size = 0;

  constructor(path: string, durable: boolean) {
    this.path = path;
    this.durable = durable;
  }

  /** Appends one record, whole or not at all. Throws file system errors. */
  append<R extends { readonly t: string }>(record: R, durable = this.durable): void {
    const fd = openSync(this.path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
    const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      writeWhole(fd, bytes, durable);
    } finally {
      closeSync(fd);
    }
    this.size += bytes.length;
  }

  /**
   * Drops records of places before the last merge: they belong to a log that no longer exists. Replaces the file,
   * whole or not at all, in turns of the event loop. Rejects with file system errors.
   */
  async forgetStretches(turns: Pick<LoopTurns, "run">): Promise<void> {
    const { size } = statSync(this.path);
    if (size > MAX_REWRITTEN_BYTES) return;
    const fd = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    const takeInto = (what: LastMerge | ValidRecords, at: number): number => {
      const bytes = readSync(fd, block, 0, block.length, at);
      what.take(block.subarray(0, bytes));
      return at + bytes;
    };
    try {
      const merge = new LastMerge();
      for (let at = 0; at < size; ) at = await turns.run(async () => takeInto(merge, at));
      const valid = new ValidRecords(merge.at);
      let at = 0;
      while (at < size) at = await turns.run(async () => takeInto(valid, at));
      // Takes records appended meanwhile and replaces the file in the same turn, so that none is lost.
      for (let end = takeInto(valid, at); end > at; end = takeInto(valid, at)) at = end;
      this.#replace(valid.text());
    } finally {
      closeSync(fd);
    }
  }

  #replace(kept: string): void {
    const path = `${this.path}.new`;
    rmSync(path, { force: true });
    try {
      closeSync(createForAppend(path, { durable: true, content: kept }));
      renameSync(path, this.path);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
    this.size = Buffer.byteLength(kept);
  }

  /** Whether it holds no complete record. */
  isEmpty(): boolean {
    for (const _ of this.read()) return false;
    return true;
  }

  /**
   * All records, in order, read in blocks: in great disorder there are very many. Cuts a torn last line off the
   * file; skips lines that are not JSON.
   */
  *read(): Generator<AnyRecord, undefined> {
    const fd = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      // Most sidecars are small, and a page of a run reads a thousand of them.
      const block = Buffer.allocUnsafe(Math.max(1, Math.min(BLOCK_BYTES, fstatSync(fd).size)));
      let rest: Buffer = Buffer.alloc(0);
      let at = 0;
      for (;;) {
        const bytesRead = readSync(fd, block, 0, block.length, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        const bytes = Buffer.concat([rest, block.subarray(0, bytesRead)]);
        const wholeBytes = bytes.lastIndexOf(LINE_FEED) + 1;
        for (const line of bytes.toString("utf8", 0, wholeBytes).split("\n")) {
          const members = line === "" ? undefined : asRecord(parseJson(line));
          const t = members?.["t"];
          if (members !== undefined && typeof t === "string") yield { t, members };
        }
        rest = bytes.subarray(wholeBytes);
      }
      if (rest.length > 0) truncateSync(this.path, at - rest.length);
      this.size = at - rest.length;
    } finally {
      closeSync(fd);
    }
    return undefined;
  }
}

function writeWhole(fd: number, bytes: Buffer, durable: boolean): void {
  const sizeBefore = fstatSync(fd).size;
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
    if (durable) fdatasyncSync(fd);
  } catch (error) {
    if (written > 0) ftruncateSync(fd, sizeBefore);
    throw error;
  }
}

/** The first sidecars used the name `run`: such files stay readable. */
function isStretch(t: string): boolean {
  return t === "stretch" || t === "run";
}

export function parseStretch(record: AnyRecord): StretchRecord | undefined {
  const place = parsePlace(record);
  return isStretch(record.t) && place !== undefined ? { t: "stretch", ...place } : undefined;
}

export function parseCut({ t, members }: AnyRecord): CutRecord | undefined {
  const f = members["f"];
  const at = asCount(members["at"]);
  return t === "cut" && (f === "main" || f === "late") && at !== undefined ? { t, f, at } : undefined;
}

export function parseMark(record: AnyRecord): MarkRecord | undefined {
  const place = parsePlace(record);
  const fragments = asCount(record.members["fragments"]);
  const time = record.members["time"];
  if (record.t !== "mark" || place === undefined || fragments === undefined || typeof time !== "string")
    return undefined;
  if (fragments > place.line) return undefined;
  return { t: "mark", ...place, fragments, time };
}

function parsePlace(record: AnyRecord): { f: LogName; at: number; line: number; n: number } | undefined {
  const f = record.members["f"];
  const at = asCount(record.members["at"]);
  const line = asCount(record.members["line"]);
  const n = asCount(record.members["n"], 1);
  if ((f !== "main" && f !== "late") || at === undefined || line === undefined || n === undefined) return undefined;
  // From a broken disk: no line of a log is shorter than its prefix, and no frame has such an n.
  if (at < line * CRI.prefixCharacters || n > MAX_N) return undefined;
  return { f, at, line, n };
}
