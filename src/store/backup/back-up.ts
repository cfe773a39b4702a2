import { createWriteStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import Database from "better-sqlite3";
import { isMissing } from "../../host/is-missing.ts";
import { RESERVED } from "../disk/log-path.ts";
import { type CapturedFile, captureFiles } from "./captured-files.ts";
import { tarEnd, tarHeader, tarPadding } from "./tar.ts";

/** Names of a backup's first and last entries; without the last it is incomplete. */
export const BACKUP_MARKS = { first: "marcologger-backup.json", last: "marcologger-backup-whole.json" } as const;
export const BACKUP_VERSION = 1;

export interface BackupCounts {
  readonly executions: number;
  readonly files: number;
  readonly bytes: number;
}

const LOGS = "logs";
/** Left out: the next start rebuilds them from the logs. */
const DERIVED = new Set(["index.db", "intervals.db"]);
const SIDECAR = ".meta";
const READ_BYTES = 1_048_576;
const FILE_MODE = 0o600;

/**
 * Copies a data folder into one file (tar; compressed if its name ends in .gz) while a collector works in it. It
 * contains everything stored before it began: files only grow, and are copied up to their length at one moment; those
 * of an execution are captured together. Databases are copied by SQLite, but not the index, which the next start makes
 * from the logs. Rejects with file system errors; then there is no file.
 */
export async function backUp(dataDir: string, file: string, wallMs: () => number): Promise<BackupCounts> {
  await stat(join(dataDir, LOGS));
  const part = `${file}.part`;
  const backup = new Backup(dataDir, `${part}.db`, wallMs);
  const gzip: Transform[] = file.endsWith(".gz") ? [createGzip({ level: 1 })] : [];
  try {
    const out = createWriteStream(part, { mode: FILE_MODE, flags: "wx" });
    await pipeline([Readable.from(backup.pieces(), { objectMode: false }), ...gzip, out]);
    await synced(part);
    await rename(part, file);
    await synced(dirname(file));
  } catch (error) {
    // EEXIST: the file belongs to a backup under way.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) await rm(part, { force: true });
    throw error;
  } finally {
    await rm(`${part}.db`, { force: true });
  }
  return backup.counts;
}

class Backup {
  readonly counts = { executions: 0, files: 0, bytes: 0 };
  readonly #dataDir: string;
  readonly #copy: string;
  readonly #wallMs: () => number;

  /** @param copy Path for the copy of a database. */
  constructor(dataDir: string, copy: string, wallMs: () => number) {
    this.#dataDir = dataDir;
    this.#copy = copy;
    this.#wallMs = wallMs;
  }

  /**
   * Frames leave the quarantine for the logs, so it is copied before them: what is in both is stored once. Tombstones
   * come after the logs: executions deleted meanwhile stay deleted.
   */
  async *pieces(): AsyncGenerator<Buffer> {
    yield* this.#mark(BACKUP_MARKS.first, { version: BACKUP_VERSION, startedAtMs: this.#wallMs() });
    yield* this.#tree(join(LOGS, RESERVED.quarantine));
    const own = new Set<string>(Object.values(RESERVED));
    const folders = await this.#entries(LOGS);
    for (const { name } of folders.filter((each) => each.isDirectory() && !own.has(each.name))) {
      yield* this.#folder(join(LOGS, name));
      yield* this.#owner(join(LOGS, name));
    }
    yield* this.#tree(join(LOGS, RESERVED.deleted));
    yield* this.#tree(join(LOGS, RESERVED.syslog));
    for (const entry of await this.#entries("")) {
      if (entry.isDirectory() && entry.name !== LOGS) yield* this.#tree(entry.name);
      else if (entry.name.endsWith(".db")) yield* this.#database(entry.name);
      else if (entry.isFile() && !/\.(db-wal|db-shm|new)$/.test(entry.name)) yield* this.#files("", [entry.name]);
    }
    yield* this.#mark(BACKUP_MARKS.last, { ...this.counts, endedAtMs: this.#wallMs() });
    yield tarEnd();
  }

  /** The days of one owner, with the files of each execution together. */
  async *#owner(folder: string): AsyncGenerator<Buffer> {
    for (const entry of await this.#entries(folder)) {
      const path = join(folder, entry.name);
      if (entry.isFile() && !entry.name.endsWith(".new")) yield* this.#files(folder, [entry.name]);
      if (!entry.isDirectory()) continue;
      yield* this.#folder(path);
      for (const [base, names] of byExecution((await this.#entries(path)).map(({ name }) => name))) {
        this.counts.executions += 1;
        yield* this.#files(path, names, base);
      }
    }
  }

  async *#tree(folder: string): AsyncGenerator<Buffer> {
    const entries = await this.#entries(folder);
    if (entries.length > 0) yield* this.#folder(folder);
    for (const entry of entries) {
      if (entry.isDirectory()) yield* this.#tree(join(folder, entry.name));
      else if (entry.isFile()) yield* this.#files(folder, [entry.name]);
    }
  }

  /** One file, or those of an execution, which begin with `base`. */
  async *#files(folder: string, names: readonly string[], base?: string): AsyncGenerator<Buffer> {
    const files = await captureFiles(join(this.#dataDir, folder), names, async () => {
      const now = (await this.#entries(folder)).map(({ name }) => name);
      if (base === undefined) return now.filter((name) => names.includes(name));
      return byExecution(now.filter((name) => name.startsWith(base))).get(base) ?? [];
    });
    try {
      for (const file of files) yield* this.#content(join(folder, file.path), file);
    } finally {
      for (const { handle } of files) await handle.close();
    }
  }

  async *#content(path: string, { handle, bytes, mode, modifiedMs }: CapturedFile): AsyncGenerator<Buffer> {
    yield tarHeader({ path, kind: "file", mode, modifiedMs, bytes });
    this.counts.files += 1;
    this.counts.bytes += bytes;
    for (let at = 0; at < bytes; ) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      // The store cut off a torn end, as on a full disk. Blanks stand in for it, which the next load cuts off.
      const piece = bytesRead === 0 ? buffer.fill(" ") : buffer.subarray(0, bytesRead);
      yield piece;
      at += piece.length;
    }
    yield tarPadding(bytes);
  }

  /** Copied live by SQLite, which includes changes that are only in its log. */
  async *#database(name: string): AsyncGenerator<Buffer> {
    if (DERIVED.has(name)) return;
    await rm(this.#copy, { force: true });
    const db = new Database(join(this.#dataDir, name), { readonly: true, fileMustExist: true });
    try {
      await db.backup(this.#copy);
    } finally {
      db.close();
    }
    const [copy] = await captureFiles(dirname(this.#copy), [basename(this.#copy)], async () => []);
    if (copy === undefined) throw new Error(`Cannot copy ${name}: its copy is gone`);
    try {
      yield* this.#content(name, { ...copy, mode: FILE_MODE });
    } finally {
      await copy.handle.close();
    }
  }

  async *#folder(path: string): AsyncGenerator<Buffer> {
    try {
      const { mode, mtimeMs: modifiedMs } = await stat(join(this.#dataDir, path));
      yield tarHeader({ path, kind: "folder", mode: mode & 0o777, modifiedMs, bytes: 0 });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async *#mark(path: string, what: object): AsyncGenerator<Buffer> {
    const text = Buffer.from(`${JSON.stringify(what)}\n`);
    const entry = { path, kind: "file", mode: FILE_MODE, modifiedMs: this.#wallMs(), bytes: text.length } as const;
    yield Buffer.concat([tarHeader(entry), text, tarPadding(text.length)]);
  }

  /** In order of names; none if the folder is missing. */
  async #entries(folder: string) {
    try {
      const entries = await readdir(join(this.#dataDir, folder), { withFileTypes: true });
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

/** The files of each execution by their common base, which the sidecar's name gives. The sidecar comes last. */
function byExecution(names: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) if (name.endsWith(SIDECAR)) groups.set(name.slice(0, -SIDECAR.length), []);
  for (const name of names) {
    // Skips new files of an unfinished merge: the files that they would replace are here as well.
    if (name.endsWith(SIDECAR) || name.endsWith(".new")) continue;
    // `x.node.command` and endings, of which a command has none; the longest fits.
    let base = name;
    while (base !== "" && !groups.has(base)) base = base.slice(0, Math.max(0, base.lastIndexOf(".")));
    groups.get(base)?.push(name);
  }
  for (const [base, group] of groups) group.push(`${base}${SIDECAR}`);
  return groups;
}

async function synced(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
