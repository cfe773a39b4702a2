import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { ownerFolder } from "../disk/log-path.ts";
import { failureCode } from "../disk/storage-error.ts";
import type { Owner } from "./owner-lookup.ts";

const RECORD = ".owner";

/** Whose a folder below `DATA/logs` is: its file `.owner`, one line of JSON. */
export interface OwnerRecord {
  /** The name by which executions, accounts and viewers are known here (`OwnerRecords.idOf`). */
  readonly id: string;
  readonly name: string;
  /** On the collector; undefined for a user whom only a node knows. */
  readonly uid: number | undefined;
  /** The user may read the whole folder. */
  readonly isReadable: boolean;
}

/**
 * Who owns which folder: a name and a uid. A user who gets the name of an earlier one has another uid, and so another
 * id, `name~uid`, another folder and another list: nobody inherits logs with a name. `~` is in no user's name.
 */
export class OwnerRecords {
  readonly #logsDir: string;
  readonly #records = new Map<string, OwnerRecord>();
  readonly #foldersWithout: string[] = [];

  /** Throws what the file system throws. */
  constructor(logsDir: string) {
    this.#logsDir = logsDir;
    for (const entry of readdirSync(logsDir, { withFileTypes: true })) {
      if (!entry.isDirectory() || entry.name.startsWith("_")) continue;
      const record = readRecord(join(logsDir, entry.name));
      if (record !== undefined && ownerFolder(record.id) === entry.name) this.#records.set(record.id, record);
      else this.#foldersWithout.push(entry.name);
    }
  }

  /** Folders that an earlier version made: nobody has written down whose they are. */
  get foldersWithout(): readonly string[] {
    return this.#foldersWithout;
  }

  values(): IterableIterator<OwnerRecord> {
    return this.#records.values();
  }

  get(id: string): OwnerRecord | undefined {
    return this.#records.get(id);
  }

  /** What a user's executions are filed under. The first uid of a name has the name itself. */
  idOf({ name, uid }: Owner): string {
    const first = this.#records.get(name)?.uid;
    return first === undefined || uid === undefined || first === uid ? name : `${name}~${uid}`;
  }

  pathOf(id: string): string {
    return join(this.#logsDir, ownerFolder(id));
  }

  /** Writes a record into its folder, which is there. Throws what the file system throws. */
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
