import { fstatSync, readSync } from "node:fs";
import { promisify } from "node:util";
import { gunzip, gunzipSync, type ZlibOptions } from "node:zlib";
import { filterHeadBytes, parseFilterFile } from "../frame/filter-file.ts";
import { mayHold } from "../frame/gram-filter.ts";
import type { Block, LogPiece, Members } from "./read-blocks.ts";

/** Filters read at a time. */
const FILTER_BLOCK_BYTES = 1_048_576;
/** Members unpacked at a time for a reader that takes them one by one. */
const AHEAD = 2;
/** zlib's own limit (zlib, Z_MIN_CHUNK). */
const LEAST_CHUNK_BYTES = 64;
const NO_BYTES = Buffer.alloc(0);

const unpack: (bytes: Buffer, options: ZlibOptions) => Promise<Buffer> = promisify(gunzip);

/** A piece of a sealed log. */
type SealedPiece = LogPiece & { readonly sealed: NonNullable<LogPiece["sealed"]> };

/**
 * Reads a piece of a sealed log, member by member, and passes over those whose filter lacks one of the grams. Throws an
 * error with a `syscall`, as the file system does, where a member is damaged.
 */
export function* readMembers(piece: SealedPiece, grams: Uint32Array): Generator<Block> {
  const { members, filterFd } = piece.sealed;
  const end = piece.at + piece.bytes;
  const filters = grams.length === 0 || filterFd === undefined ? undefined : openFilters(filterFd, members);
  let firstN: number | undefined = piece.n;
  let passed = 0;
  for (const member of membersOf(piece)) {
    const [from = 0, to = 0] = [members.textAt[member], members.textAt[member + 1]];
    const isWhole = from >= piece.at && to <= end;
    if (isWhole && filters !== undefined && !mayHold(filters.of(member), grams)) {
      passed += (members.lineAt[member + 1] ?? 0) - (members.lineAt[member] ?? 0);
      continue;
    }
    if (passed > 0) {
      yield { cri: NO_BYTES, firstN, passed };
      firstN = undefined;
      passed = 0;
    }
    const packed = readPacked(piece, member);
    const text = textOf(packed, () => gunzipSync(packed.bytes, packed.options));
    yield { cri: inside(piece, member, text), firstN };
    firstN = undefined;
  }
  if (passed > 0) yield { cri: NO_BYTES, firstN, passed };
}

/** The text of a piece of a sealed log, unpacked in other threads while the caller works on the one before. */
export async function* memberTexts(piece: SealedPiece): AsyncGenerator<Buffer> {
  const members = membersOf(piece);
  const ahead: Promise<Buffer>[] = [];
  const begin = (): void => {
    const { value: member } = members.next();
    if (member === undefined) return;
    const packed = readPacked(piece, member);
    const text = unpack(packed.bytes, packed.options).then(
      (bytes) =>
        inside(
          piece,
          member,
          textOf(packed, () => bytes),
        ),
      (error: unknown) => textOf(packed, () => thrown(error)),
    );
    // The reader gets the failure; without one it must not become an unhandled rejection.
    text.catch(() => undefined);
    ahead.push(text);
  };
  for (let i = 0; i < AHEAD; i += 1) begin();
  for (let text = ahead.shift(); text !== undefined; text = ahead.shift()) {
    const cri = await text;
    begin();
    yield cri;
  }
}

function thrown(error: unknown): never {
  throw error;
}

/** Members that contain a part of the piece. */
function* membersOf({ sealed: { members }, at, bytes }: SealedPiece): Generator<number> {
  const end = at + bytes;
  for (let member = memberAt(members.textAt, at); (members.textAt[member] ?? end) < end; member += 1) yield member;
}

/** The part of a member's text that is in the piece. */
function inside({ sealed: { members }, at, bytes }: SealedPiece, member: number, text: Buffer): Buffer {
  const from = members.textAt[member] ?? 0;
  return text.subarray(Math.max(0, at - from), at + bytes - from);
}

interface Packed {
  readonly bytes: Buffer;
  readonly place: number;
  readonly textBytes: number;
  readonly options: ZlibOptions;
}

function readPacked({ fd, sealed: { members } }: SealedPiece, member: number): Packed {
  const [from = 0, to = 0] = [members.fileAt[member], members.fileAt[member + 1]];
  const textBytes = (members.textAt[member + 1] ?? 0) - (members.textAt[member] ?? 0);
  const packed = Buffer.allocUnsafe(to - from);
  const bytes = packed.subarray(0, readSync(fd, packed, 0, packed.length, from));
  // Unpacks in one step: by default zlib does so in many and joins them, which takes a third of the time.
  const options = { maxOutputLength: textBytes, chunkSize: Math.max(LEAST_CHUNK_BYTES, textBytes) };
  return { bytes, place: from, textBytes, options };
}

/** Throws if the member is damaged. */
function textOf({ place, textBytes }: Packed, unpacked: () => Buffer): Buffer {
  try {
    const text = unpacked();
    if (text.length === textBytes) return text;
  } catch {
    // Treated like a member that is too short.
  }
  const message = `Cannot read a sealed log: the member at byte ${place} is damaged`;
  throw Object.assign(new Error(message), { code: "EIO", syscall: "gunzip" });
}

/** The member that contains a place in the text. */
function memberAt(textAt: Float64Array, place: number): number {
  let [low, high] = [0, textAt.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((textAt[middle] ?? 0) <= place) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The filters of a log, each valid until the next. Undefined if the file is not whole or belongs to another log: then
 * no member is skipped.
 */
function openFilters(fd: number, { fileAt }: Members): { of(member: number): Uint32Array } | undefined {
  const members = fileAt.length - 1;
  const head = Buffer.allocUnsafe(filterHeadBytes(members));
  const headBytes = readSync(fd, head, 0, head.length, 0);
  const file = { head: head.subarray(0, headBytes), bytes: fstatSync(fd).size };
  const places = parseFilterFile(file, { bytes: fileAt[members] ?? 0, members });
  if (places === undefined) return undefined;
  // Fresh memory costs as much as reading.
  let space = new Uint8Array(0);
  let block = { from: 0, bytes: space };
  const of = (member: number): Uint32Array => {
    const [from = 0, to = 0] = [places.at[member], places.at[member + 1]];
    if (from < block.from || to > block.from + block.bytes.length) {
      if (space.length < to - from) space = new Uint8Array(Math.max(FILTER_BLOCK_BYTES, to - from));
      block = { from, bytes: space.subarray(0, readSync(fd, space, 0, space.length, from)) };
    }
    if (to > block.from + block.bytes.length) return new Uint32Array(0);
    // Words begin at multiples of four bytes in the file, and so do blocks.
    return new Uint32Array(block.bytes.buffer, from - block.from, (to - from) / 4);
  };
  return { of };
}
