import { createReadStream } from "node:fs";
import { chown, mkdir, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { createGunzip } from "node:zlib";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { BACKUP_MARKS, BACKUP_VERSION, type BackupCounts } from "./back-up.ts";
import { readTar, type TarEntry } from "./tar.ts";

/** Users must pass through it to their own folders. */
const FOLDER_MODE = 0o711;
const MAX_MARK_BYTES = 65_536;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
/** `logs/<owner>/.owner` */
const OWNER_RECORD = /^logs\/[^/]+\/\.owner$/;

/** `startedAtMs`: when the backup was begun. */
export type Restored = BackupCounts & { readonly startedAtMs: number | undefined };

/**
 * Unpacks a backup into a data folder that is empty or missing; everything belongs to the folder's owner. The next
 * start of a collector there makes the index and gives users access to their files. Rejects with a RangeError if the
 * backup is damaged or not whole, and with file system errors.
 */
export async function restore(file: string, dataDir: string): Promise<Restored> {
  await mkdir(dataDir, { recursive: true, mode: FOLDER_MODE });
  if ((await readdir(dataDir)).length > 0) throw new RangeError(`${dataDir} is not empty`);
  try {
    return await unpack(file, dataDir);
  } catch (error) {
    // It was empty: half a backup must not look like a data folder.
    for (const name of await readdir(dataDir)) await rm(join(dataDir, name), { recursive: true, force: true });
    throw error;
  }
}

async function unpack(file: string, dataDir: string): Promise<Restored> {
  const { uid, gid } = await stat(dataDir);
  const unpacked = new Unpacked(dataDir, { uid, gid });
  const raw = createReadStream(file);
  const stream = (await isGzip(file)) ? raw.pipe(createGunzip()) : raw;
  raw.once("error", (error) => stream.destroy(error));
  await readTar(stream, (entry, content) => unpacked.take(entry, content));
  if (unpacked.counts === undefined) throw new RangeError("The backup is not whole: its end is missing");
  return { ...unpacked.counts, startedAtMs: unpacked.startedAtMs };
}

class Unpacked {
  counts: BackupCounts | undefined;
  startedAtMs: number | undefined;
  readonly #dataDir: string;
  readonly #owner: { readonly uid: number; readonly gid: number };
  #isBegun = false;

  constructor(dataDir: string, owner: { readonly uid: number; readonly gid: number }) {
    this.#dataDir = dataDir;
    this.#owner = owner;
  }

  async take(entry: TarEntry, content: AsyncIterable<Uint8Array>): Promise<void> {
    if (!this.#isBegun) return this.#begin(entry, content);
    if (entry.path === BACKUP_MARKS.last) {
      this.counts = parseCounts(await textOf(content));
      return;
    }
    const path = this.#pathOf(entry);
    if (entry.kind === "folder") {
      await mkdir(path, { recursive: true, mode: entry.mode });
      return this.#give(path);
    }
    const folder = dirname(path);
    if (await mkdir(folder, { recursive: true, mode: 0o750 })) await this.#give(folder);
    if (OWNER_RECORD.test(entry.path)) await this.#ownerRecord(path, await textOf(content));
    else await write(path, entry.mode, content);
    await this.#give(path);
  }

  async #begin(entry: TarEntry, content: AsyncIterable<Uint8Array>): Promise<void> {
    const mark = entry.path === BACKUP_MARKS.first ? asRecord(parseJson(await textOf(content))) : undefined;
    if (mark === undefined) throw new RangeError("The file is no backup of marcologger");
    if (mark["version"] !== BACKUP_VERSION)
      throw new RangeError(`The backup has version ${JSON.stringify(mark["version"])}, not ${BACKUP_VERSION}`);
    this.startedAtMs = asCount(mark["startedAtMs"]);
    this.#isBegun = true;
  }

  /** A damaged or forged name must not lead outside of the folder. */
  #pathOf({ path }: TarEntry): string {
    const isInside =
      path !== "" &&
      path !== "." &&
      normalize(path) === path &&
      !path.startsWith("/") &&
      !path.split("/").includes("..");
    if (!isInside || path.includes("\0")) throw new RangeError(`The backup holds ${JSON.stringify(path)}`);
    return join(this.#dataDir, path);
  }

  /** A backup has no ACLs: the next start restores access to folders whose record says that it is missing. */
  async #ownerRecord(path: string, text: string): Promise<void> {
    const record = { ...asRecord(parseJson(text)), isReadable: false };
    await writeFile(path, `${JSON.stringify(record)}\n`, { mode: 0o640, flag: "wx" });
  }

  async #give(path: string): Promise<void> {
    const { uid, gid } = this.#owner;
    // Without root, the files already belong to this user.
    if (process.getuid?.() === 0) await chown(path, uid, gid);
  }
}

async function write(path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    for await (const piece of content) await handle.writeFile(piece);
    // The umask must not take away what an ACL's mask needs.
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of content) {
    bytes += piece.length;
    if (bytes > MAX_MARK_BYTES) throw new RangeError("The backup is damaged: a record is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file, "r");
  try {
    const { buffer } = await handle.read(Buffer.alloc(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0);
    return buffer.equals(GZIP_MAGIC);
  } finally {
    await handle.close();
  }
}

function parseCounts(text: string): BackupCounts | undefined {
  const record = asRecord(parseJson(text));
  const { executions, files, bytes } = record ?? {};
  if (typeof executions !== "number" || typeof files !== "number" || typeof bytes !== "number") return undefined;
  return { executions, files, bytes };
}
