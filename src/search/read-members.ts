import { fstatSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { filterHeadBytes, parseFilterFile } from "../frame/filter-file.ts";
import { mayHold } from "../frame/gram-filter.ts";
import type { Block, LogPiece, Members } from "./read-blocks.ts";

/** Filters read at a time. */
const FILTER_BLOCK_BYTES = 1_048_576;

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
  for (let member = memberAt(members.textAt, piece.at); (members.textAt[member] ?? end) < end; member += 1) {
    const [from = 0, to = 0] = [members.textAt[member], members.textAt[member + 1]];
    const isWhole = from >= piece.at && to <= end;
    if (isWhole && filters !== undefined && !mayHold(filters.of(member), grams)) {
      const passed = (members.lineAt[member + 1] ?? 0) - (members.lineAt[member] ?? 0);
      yield { cri: Buffer.alloc(0), firstN, passed };
    } else {
      const cri = inflate(piece.fd, members, member);
      yield { cri: isWhole ? cri : cri.subarray(Math.max(0, piece.at - from), end - from), firstN };
    }
    firstN = undefined;
  }
}

function inflate(fd: number, { fileAt, textAt }: Members, member: number): Buffer {
  const [from = 0, to = 0] = [fileAt[member], fileAt[member + 1]];
  const bytes = (textAt[member + 1] ?? 0) - (textAt[member] ?? 0);
  const packed = Buffer.allocUnsafe(to - from);
  const bytesRead = readSync(fd, packed, 0, packed.length, from);
  try {
    const text = gunzipSync(packed.subarray(0, bytesRead), { maxOutputLength: bytes });
    if (text.length === bytes) return text;
  } catch {
    // The same as a short one.
  }
  const message = `Cannot read a sealed log: the member at byte ${from} is damaged`;
  throw Object.assign(new Error(message), { code: "EIO", syscall: "gunzip" });
}

/** The member that holds a place of the text. */
function memberAt(textAt: Float64Array, place: number): number {
  let [low, high] = [0, textAt.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((textAt[middle] ?? 0) <= place) low = middle;
    else high = middle;
  }
  return low;
}

/** The filters of a log. Undefined if the file is not whole, or that of another log: then nothing is passed over. */
function openFilters(fd: number, { fileAt }: Members): { of(member: number): Uint32Array } | undefined {
  const members = fileAt.length - 1;
  const head = Buffer.allocUnsafe(filterHeadBytes(members));
  const headBytes = readSync(fd, head, 0, head.length, 0);
  const file = { head: head.subarray(0, headBytes), bytes: fstatSync(fd).size };
  const places = parseFilterFile(file, { bytes: fileAt[members] ?? 0, members });
  if (places === undefined) return undefined;
  let block = { from: 0, bytes: new Uint8Array(0) };
  const of = (member: number): Uint32Array => {
    const [from = 0, to = 0] = [places.at[member], places.at[member + 1]];
    if (from < block.from || to > block.from + block.bytes.length) {
      const bytes = new Uint8Array(Math.max(FILTER_BLOCK_BYTES, to - from));
      block = { from, bytes: bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from)) };
    }
    if (to > block.from + block.bytes.length) return new Uint32Array(0);
    // Words begin at multiples of four bytes in the file, and so do blocks.
    return new Uint32Array(block.bytes.buffer, from - block.from, (to - from) / 4);
  };
  return { of };
}
