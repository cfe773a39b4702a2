import { execFile } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "../../host/log.ts";
import { createFolder } from "../disk/create-file.ts";
import { ownerFolder } from "../disk/log-path.ts";
import { failureCode } from "../disk/storage-error.ts";

const run = promisify(execFile);
const SETFACL_WITHIN_MS = 5_000;

interface User {
  readonly name: string;
  readonly uid: number | undefined;
}

/**
 * Makes owners' folders: readable for the owner alone, and so is all that will be created in them, by a default POSIX
 * ACL (acl(5)). The owner may never write there: the files are the collector's word.
 */
export class OwnerFolders {
  readonly #logsDir: string;
  readonly #log: Log;
  /** The one that most new executions are in: asking the file system for each costs as much as making its files. */
  #lastDay = "";
  readonly #ready = new Map<string, Promise<void>>();

  constructor(options: { readonly logsDir: string; readonly log: Log }) {
    this.#logsDir = options.logsDir;
    this.#log = options.log;
  }

  /**
   * Does something in the folder of a user; once more when somebody has removed that meanwhile. Rejects with what `act`
   * or the file system threw.
   */
  async inside<T>(user: User, act: () => T): Promise<T> {
    await this.#prepare(user);
    try {
      return act();
    } catch (error) {
      this.#lastDay = "";
      if (failureCode(error) !== "ENOENT") throw error;
      this.#ready.delete(user.name);
      await this.#prepare(user);
      return act();
    }
  }

  /** Makes the folder of a day. For `act` of `inside`. */
  prepareDay(path: string): void {
    if (path === this.#lastDay) return;
    createFolder(path);
    this.#lastDay = path;
  }

  #prepare(user: User): Promise<void> {
    const known = this.#ready.get(user.name);
    if (known !== undefined) return known;
    const ready = this.#make(user);
    this.#ready.set(user.name, ready);
    // A failure is tried again with the next BEGIN.
    ready.catch(() => this.#ready.delete(user.name));
    return ready;
  }

  async #make(user: User): Promise<void> {
    const path = join(this.#logsDir, ownerFolder(user.name));
    mkdirSync(path, { recursive: true, mode: 0o750 });
    chmodSync(path, 0o750);
    if (user.uid === undefined || user.uid === process.getuid?.()) return;
    const reads = `u:${user.uid}:r-x`;
    const entries = `${reads},g::---,o::---,d:u::rwx,d:${reads},d:g::---,d:o::---`;
    try {
      await run("setfacl", ["-m", entries, path], { timeout: SETFACL_WITHIN_MS });
    } catch (error) {
      this.#log.event(
        "warning",
        "owner cannot read the own files: install the package acl, and use a file system with ACLs",
        {
          path,
          error: failureCode(error),
        },
      );
    }
  }
}
