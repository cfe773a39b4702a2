import { chmodSync, mkdirSync } from "node:fs";
import type { Log } from "../../host/log.ts";
import { createFolder } from "../disk/create-file.ts";
import { failureCode } from "../disk/storage-error.ts";
import { letRead } from "./acl.ts";
import type { Owner } from "./owner-lookup.ts";
import type { OwnerRecords } from "./owner-records.ts";

/**
 * Creates owners' folders. A default POSIX ACL (acl(5)) makes them, and everything created in them, readable by the
 * owner alone. The owner may never write there: the files are the collector's evidence.
 */
export class OwnerFolders {
  readonly #records: OwnerRecords;
  readonly #log: Log;
  /** The day of most new executions: asking the file system each time would cost as much as creating the files. */
  #lastDay = "";
  readonly #ready = new Map<string, Promise<void>>();

  constructor(options: { readonly records: OwnerRecords; readonly log: Log }) {
    this.#records = options.records;
    this.#log = options.log;
  }

  /**
   * Acts in a user's folder; retries once if it was removed meanwhile. Rejects with errors of `act` or the
   * file system.
   */
  async inside<T>(user: Owner, act: () => T | Promise<T>): Promise<T> {
    await this.#prepare(user);
    try {
      return await act();
    } catch (error) {
      this.#lastDay = "";
      if (failureCode(error) !== "ENOENT") throw error;
      this.#ready.delete(this.#records.idOf(user));
      await this.#prepare(user);
      return await act();
    }
  }

  /** Creates the folder of a day. For `act` of `inside`. */
  prepareDay(path: string): void {
    if (path === this.#lastDay) return;
    createFolder(path);
    this.#lastDay = path;
  }

  #prepare(user: Owner): Promise<void> {
    const id = this.#records.idOf(user);
    const known = this.#ready.get(id);
    if (known !== undefined) return known;
    const ready = this.#make(id, user);
    this.#ready.set(id, ready);
    // After a failure the next BEGIN tries again.
    ready.catch(() => this.#ready.delete(id));
    return ready;
  }

  async #make(id: string, user: Owner): Promise<void> {
    const path = this.#records.pathOf(id);
    const isNew = mkdirSync(path, { recursive: true, mode: 0o750 }) !== undefined;
    chmodSync(path, 0o750);
    // A new folder gets its record before any content: two users must never share it.
    const known = isNew ? undefined : this.#records.get(id);
    const record = known ?? { id, name: user.name, uid: user.uid, isReadable: false };
    const uid = record.uid ?? user.uid;
    if (known === undefined || known.uid !== uid) this.#records.put({ ...record, uid, isReadable: false });
    if (uid === undefined || uid === process.getuid?.()) return;
    try {
      await letRead(path, uid);
      if (isNew) this.#records.put({ ...record, uid, isReadable: true });
    } catch (error) {
      const what =
        "a user cannot read the files of its executions: install the package acl, on a file system with ACLs";
      this.#log.event("warning", what, { path, error: failureCode(error) });
    }
  }
}
