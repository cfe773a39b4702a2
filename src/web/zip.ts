import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, crc32, createDeflateRaw } from "node:zlib";

/** A file of an archive. */
export interface ZippedFile {
  /** UTF-8, relative. */
  readonly name: string;
  readonly changed: Date;
  readonly bytes: AsyncIterable<Buffer>;
}

interface Entry {
  readonly name: Buffer;
  readonly stamp: Buffer;
  readonly crc: number;
  readonly size: bigint;
  readonly packed: bigint;
  readonly offset: bigint;
}

interface Sums {
  crc: number;
  size: bigint;
}

/** Signatures of PKWARE's APPNOTE 6.3, 4.3 and 4.5.3. */
const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const CENTRAL = 0x02014b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END = 0x06054b50;
/** Version needed: 4.5, for Zip64. */
const VERSION = 45;
/** Flags: sizes follow the bytes; the name is UTF-8. */
const FLAGS = 0x0808;
const DEFLATE = 8;
/** Values that mean "see the Zip64 field". */
const FIELD_64 = 0xffff_ffff;
const COUNT_64 = 0xffff;
/** Each entry stays in memory until the end, with its name: some hundred bytes. */
export const MAX_FILES = 65_536;

/**
 * A ZIP archive as it is made, of files of any size: sizes are always those of Zip64, since nobody knows them before the
 * bytes have passed. Ends with a RangeError at one file too many.
 */
export async function* zipped(files: AsyncIterable<ZippedFile>, maxFiles = MAX_FILES): AsyncGenerator<Buffer> {
  const entries: Entry[] = [];
  let offset = 0n;
  for await (const { name: text, changed, bytes } of files) {
    if (entries.length === maxFiles) throw new RangeError(`Cannot zip another file: limit is ${maxFiles}`);
    const [name, stamp] = [Buffer.from(text), dosTime(changed)];
    const head = localHeader(name, stamp);
    yield head;
    const sums: Sums = { crc: 0, size: 0n };
    let packed = 0n;
    for await (const piece of deflated(bytes, sums)) {
      packed += BigInt(piece.length);
      yield piece;
    }
    const tail = fields([4, DESCRIPTOR], [4, sums.crc], [8, packed], [8, sums.size]);
    yield tail;
    entries.push({ name, stamp, packed, offset, ...sums });
    offset += BigInt(head.length + tail.length) + packed;
  }
  let size = 0n;
  for (const entry of entries) {
    const header = centralHeader(entry);
    size += BigInt(header.length);
    yield header;
  }
  yield end({ count: BigInt(entries.length), size, offset });
}

async function* deflated(bytes: AsyncIterable<Buffer>, sums: Sums): AsyncGenerator<Buffer> {
  const deflate = createDeflateRaw({ level: constants.Z_BEST_SPEED });
  // Ends the source as well if nobody reads on.
  const feeding = pipeline(Readable.from(summed(bytes, sums), { objectMode: false }), deflate);
  feeding.catch(() => undefined);
  yield* deflate as AsyncIterable<Buffer>;
  await feeding;
}

async function* summed(bytes: AsyncIterable<Buffer>, sums: Sums): AsyncGenerator<Buffer> {
  for await (const piece of bytes) {
    sums.crc = crc32(piece, sums.crc);
    sums.size += BigInt(piece.length);
    yield piece;
  }
}

function localHeader(name: Buffer, stamp: Buffer): Buffer {
  const sizes = fields([2, 1], [2, 16], [8, 0n], [8, 0n]);
  const head = fields([4, LOCAL], [2, VERSION], [2, FLAGS], [2, DEFLATE]);
  const rest = fields([4, 0], [4, FIELD_64], [4, FIELD_64], [2, name.length], [2, sizes.length]);
  return Buffer.concat([head, stamp, rest, name, sizes]);
}

function centralHeader({ name, stamp, crc, size, packed, offset }: Entry): Buffer {
  const sizes = fields([2, 1], [2, 24], [8, size], [8, packed], [8, offset]);
  const head = fields([4, CENTRAL], [2, VERSION], [2, VERSION], [2, FLAGS], [2, DEFLATE]);
  const lengths = fields([4, crc], [4, FIELD_64], [4, FIELD_64], [2, name.length], [2, sizes.length]);
  return Buffer.concat([head, stamp, lengths, fields([2, 0], [2, 0], [2, 0], [4, 0], [4, FIELD_64]), name, sizes]);
}

function end({ count, size, offset }: { count: bigint; size: bigint; offset: bigint }): Buffer {
  return Buffer.concat([
    fields(
      [4, END_64],
      [8, 44n],
      [2, VERSION],
      [2, VERSION],
      [4, 0],
      [4, 0],
      [8, count],
      [8, count],
      [8, size],
      [8, offset],
    ),
    fields([4, LOCATOR_64], [4, 0], [8, offset + size], [4, 1]),
    fields([4, END], [2, 0], [2, 0], [2, COUNT_64], [2, COUNT_64], [4, FIELD_64], [4, FIELD_64], [2, 0]),
  ]);
}

/** Encodes little-endian numbers of these lengths in octets. */
function fields(...all: readonly (readonly [octets: 2 | 4 | 8, value: number | bigint])[]): Buffer {
  const buffer = Buffer.alloc(all.reduce((sum, [octets]) => sum + octets, 0));
  let at = 0;
  for (const [octets, value] of all) {
    if (octets === 8) buffer.writeBigUInt64LE(BigInt(value), at);
    else buffer.writeUIntLE(Number(value), at, octets);
    at += octets;
  }
  return buffer;
}

/** MS-DOS time and date, in UTC, with a resolution of two seconds. Years begin at 1980. */
function dosTime(date: Date): Buffer {
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  const year = Math.min(127, Math.max(0, date.getUTCFullYear() - 1980));
  return fields([2, time], [2, (year << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()]);
}
