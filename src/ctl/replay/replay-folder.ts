import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { firstUnsettled, type JournalPlace } from "./settled-journal.ts";

/** Journal files from the oldest to the newest: the relay moves `current` to `1`, `1` to `2`, and so on. */
const FILES = ["4", "3", "2", "1", "current"] as const;
const PROGRESS = "progress";

/** The journal of one start of the relay that has ended: moved here at the relay's next start. */
export class ReplayFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Folders below `STATE_DIR/replay`, oldest start first: their names are times in nanoseconds. */
  static async list(parent: string): Promise<ReplayFolder[]> {
    const names = await readdir(parent).catch((error) => (isMissing(error) ? [] : Promise.reject(error)));
    return names.sort().map((name) => new ReplayFolder(join(parent, name)));
  }

  /** Bytes waiting, without those acknowledged of its oldest file. */
  async bytes(): Promise<number> {
    let sum = 0;
    for (const file of FILES) sum += (await stat(join(this.path, file)).catch(() => undefined))?.size ?? 0;
    return sum - ((await this.next())?.from ?? 0);
  }

  /**
   * Removes files that the collector is known to have, and returns their bytes. Call it once for each folder, before
   * sending anything.
   */
  async removeSettled(): Promise<number> {
    if ((await this.#progress()) !== undefined) return 0;
    const files = (await this.#files()).map((file) => ({ file, path: join(this.path, file) }));
    const [first] = files;
    if (first === undefined) return 0;
    const place = (await firstUnsettled(files)) ?? { file: first.file, offset: 0 };
    let bytes = place.offset;
    for (const { file, path } of files) {
      if (file === place.file) break;
      bytes += (await stat(path)).size;
      await this.remove(file);
    }
    await this.acknowledged(place);
    return bytes;
  }

  /** The oldest remaining file, and the offset at which to continue. */
  async next(): Promise<{ readonly file: string; readonly path: string; readonly from: number } | undefined> {
    const [file] = await this.#files();
    if (file === undefined) return undefined;
    const progress = await this.#progress();
    return { file, path: join(this.path, file), from: progress?.file === file ? progress.offset : 0 };
  }

  /**
   * A file's frames up to here are acknowledged. Replaced in one step: after a kill, either the earlier note or this
   * one exists. If it cannot be written (the disk is full), these frames are sent again later.
   */
  async acknowledged(place: JournalPlace): Promise<void> {
    const path = join(this.path, PROGRESS);
    try {
      await writeFile(`${path}.new`, JSON.stringify(place), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch {
      await rm(`${path}.new`, { force: true });
    }
  }

  /** All of a file's frames are acknowledged. */
  async remove(file: string): Promise<void> {
    await rm(join(this.path, file), { force: true });
  }

  /** Nothing is left in it, or the rest is abandoned. */
  async removeAll(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  async #files(): Promise<string[]> {
    const present = new Set(await readdir(this.path));
    return FILES.filter((name) => present.has(name));
  }

  async #progress(): Promise<JournalPlace | undefined> {
    const text = await readFile(join(this.path, PROGRESS), "utf8").catch(() => "");
    const record = asRecord(parseJson(text));
    const offset = asCount(record?.["offset"]);
    const file = record?.["file"];
    return typeof file === "string" && offset !== undefined ? { file, offset } : undefined;
  }
}
