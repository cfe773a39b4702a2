import { open } from "node:fs/promises";
import { constants, gunzipSync } from "node:zlib";

/** A header of tar, and of its fields the sum of all octets (tar(5)). */
const HEADER_BYTES = 512;
const SUM = { from: 148, to: 156 } as const;
/** Enough for gzip to give a header of tar: names and numbers do not grow. */
const READ_BYTES = 4_096;
const GZIP_MAGIC = 0x1f8b;
const SPACE = 0x20;

/** Whether nodes can unpack a file: a tar archive of any kind, plain or packed by gzip. Rejects with file system errors. */
export async function isArchive(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, 0);
    const start = buffer.subarray(0, bytesRead);
    return isHeader(start.length > 2 && start.readUInt16BE() === GZIP_MAGIC ? unpacked(start) : start);
  } finally {
    await file.close();
  }
}

function isHeader(start: Buffer): boolean {
  if (start.length < HEADER_BYTES) return false;
  const named = /^ *([0-7]{1,7})[ \0]*$/.exec(start.toString("latin1", SUM.from, SUM.to))?.[1];
  let sum = 0;
  // The sum's own field counts as spaces.
  for (let at = 0; at < HEADER_BYTES; at += 1) sum += at >= SUM.from && at < SUM.to ? SPACE : (start[at] ?? 0);
  return named !== undefined && Number.parseInt(named, 8) === sum;
}

/** As far as the beginning goes. */
function unpacked(start: Buffer): Buffer {
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}
