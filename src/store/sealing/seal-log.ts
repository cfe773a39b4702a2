import { closeSync, constants, fdatasyncSync, fstatSync, futimesSync, openSync, readSync, writeSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { filterFileHead } from "../../frame/filter-file.ts";
import type { SealedRecord } from "../sealed/member-table.ts";
import { MemberCutter } from "./member-cutter.ts";

const LINE_FEED = 0x0a;
/** Bytes of text per member: larger ones pack better, but reading one line costs inflating all of it. */
const MEMBER_BYTES = 262_144;
const LEVEL = 6;
/** The mode of the log itself: its owner reads through the folder's ACL. */
const FILE_MODE = 0o640;

export interface SealPaths {
  readonly log: string;
  readonly newLog: string;
  readonly newFilter: string;
}

/**
 * Packs a log into a new file of gzip members, with the filters of all members in another. Both are on the disk when it
 * returns. Blocks its thread. Throws the file system's error.
 *
 * @returns What the sidecar says about it.
 */
export function sealLog(paths: SealPaths, memberBytes = MEMBER_BYTES): SealedRecord {
  const files: number[] = [];
  const open = (path: string, flags: number): number => {
    const fd = openSync(path, flags | constants.O_NOFOLLOW, FILE_MODE);
    files.push(fd);
    return fd;
  };
  const create = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
  try {
    const [from, to] = [open(paths.log, constants.O_RDONLY), open(paths.newLog, create)];
    const { filters, ...sealed } = pack(from, to, memberBytes);
    // Keeps the times: searches skip files last written long before the time requested.
    const { atime, mtime } = fstatSync(from);
    futimesSync(to, atime, mtime);
    fdatasyncSync(to);
    const filter = open(paths.newFilter, create);
    const words = filters.map(({ length }) => length);
    let filterBytes = write(filter, filterFileHead(sealed.fileBytes, words));
    for (const each of filters) filterBytes += write(filter, Buffer.from(each.buffer, 0, each.byteLength));
    fdatasyncSync(filter);
    return { t: "sealed", ...sealed, filterBytes };
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

function pack(from: number, to: number, memberBytes: number) {
  const cutter = new MemberCutter();
  const filters: Uint32Array[] = [];
  const parts: [fileBytes: number, textBytes: number, lines: number][] = [];
  const sum = { fileBytes: 0, bytes: 0, lines: 0, fragments: 0 };
  for (const block of blocksOf(from, memberBytes)) {
    const cut = cutter.next(block.lines);
    const text = block.lines.subarray(0, cut.bytes);
    const packed = gzipSync(text, { level: LEVEL });
    // This will be the only copy of these lines.
    if (!gunzipSync(packed).equals(text))
      throw new RangeError("Cannot seal a log: a member does not unpack to its text");
    sum.fileBytes += write(to, packed);
    sum.bytes += cut.bytes;
    sum.lines += cut.lines;
    sum.fragments += cut.fragments;
    parts.push([packed.length, cut.bytes, cut.lines]);
    filters.push(cut.filter);
    block.take(cut.bytes);
  }
  return { ...sum, parts, filters };
}

/** Whole lines, about as many bytes as wanted; the consumer says how many it took. */
function* blocksOf(fd: number, wanted: number): Generator<{ lines: Buffer; take: (bytes: number) => void }> {
  let buffer = Buffer.allocUnsafe(2 * wanted);
  let [filled, at] = [0, 0];
  for (;;) {
    while (filled < wanted) {
      const bytesRead = readSync(fd, buffer, filled, wanted - filled, at);
      if (bytesRead === 0) break;
      filled += bytesRead;
      at += bytesRead;
    }
    if (filled === 0) return;
    const whole = buffer.lastIndexOf(LINE_FEED, filled - 1) + 1;
    if (whole === 0) {
      // The line is longer than a member.
      if (filled < wanted) throw new RangeError("Cannot seal a log: it does not end with a line");
      wanted *= 2;
      buffer = Buffer.concat([buffer.subarray(0, filled)], 2 * wanted);
      continue;
    }
    yield {
      lines: buffer.subarray(0, whole),
      take: (bytes) => {
        buffer.copyWithin(0, bytes, filled);
        filled -= bytes;
      },
    };
  }
}

function write(fd: number, bytes: Uint8Array): number {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
  return bytes.length;
}
