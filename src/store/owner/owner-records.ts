import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { ownerFolder } from "../disk/log-path.ts";
import { failureCode } from "../disk/storage-error.ts";
import type { Owner } from "./owner-lookup.ts";

const RECORD = ".owner";

/** The owner of a folder below `DATA/logs`: its file `.owner`, one line of JSON. */
export interface OwnerRecord {
  /** The id of executions, accounts and viewers here (`OwnerRecords.idOf`). */
  readonly id: string;
  readonly name: string;
  /** On the collector; undefined for a user known only to a node. */
  readonly uid: number | undefined;
  /** The user may read the whole folder. */
  readonly isReadable: boolean;
}

/**
 * Which user, by name and uid, owns which folder. A new user with an earlier user's name has another uid, and so
 * another id, `name~uid`, another folder and another list: logs are not inherited with a name. No user name contains `~`.
 */
export class OwnerRecords {
  readonly #logsDir: string;
  readonly #records = new Map<string, OwnerRecord>();
  readonly #foldersWithout: string[] = [];

  /** Throws file system errors. */
  constructor(logsDir: string) {
    this.#logsDir = logsDir;
    for (const entry of readdirSync(logsDir, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name.startsWith("_")) continue;
      const record = readRecord(join(logsDir, entry.name));
      if (record !== undefined && ownerFolder(record.id) === entry.name) this.#records.set(record.id, record);
      else this.#foldersWithout.push(entry.name);
    }
  }

  /** Folders made by an earlier version, which recorded no owner. */
  get foldersWithout(): readonly string[] {
    return this.#foldersWithout;
  }

  values(): IterableIterator<OwnerRecord> {
    return this.#records.values();
  }

  get(id: string): OwnerRecord | undefined {
    return this.#records.get(id);
  }

  /** The id under which a user's executions are filed. The first uid of a name gets the name itself. */
  idOf({ name, uid }: Owner): string {
    const first = this.#records.get(name)?.uid;
    return first === undefined || uid === undefined || first === uid ? name : `${name}~${uid}`;
  }

  pathOf(id: string): string {
    return join(this.#logsDir, ownerFolder(id));
  }

  /** Writes a record into its existing folder. Throws file system errors. */
  put(record: OwnerRecord): void {
    const path = join(this.pathOf(record.id), RECORD);
    writeFileSync(`${path}.new`, `${JSON.stringify(record)}\n`, { mode: 0o640 });
    renameSync(`${path}.new`, path);
    this.#records.set(record.id, record);
  }
}

function readRecord(folder: string): OwnerRecord | undefined {
  try {
    const record = asRecord(parseJson(readFileSync(join(folder, RECORD), "utf8")));
    const { id, name } = record ?? {};
    if (typeof id !== "string" || typeof name !== "string") return undefined;
    return { id, name, uid: asCount(record?.["uid"]), isReadable: record?.["isReadable"] === true };
  } catch (error) {
    if (failureCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
