import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import type { Log } from "../../host/log.ts";
import type { UserDirectory } from "../../host/users.ts";
import type { FleetEventOf } from "../../wire/fleet/event.ts";
import { MAX_NOTE_BYTES, parseNodeNote } from "../../wire/fleet/node-note.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { EventRate } from "./event-rate.ts";
import { FolderNames } from "./folder-names.ts";

/** Everybody may create files in it; only the folder's owner may list it or remove others' files. */
const MODE = 0o1733;
/** Longer than writing an event takes. */
const UNFINISHED_FOR_MS = 60_000;

interface EventFolderOptions {
  readonly path: string;
  readonly users: Pick<UserDirectory, "byUid">;
  readonly log: Log;
  /** False if too many wait. */
  readonly take: (note: FleetEventOf<"note">) => boolean;
  nowMs(): number;
}

/** A file of `mlctl event`, with its writer and time from the kernel. */
interface Left {
  readonly uid: number;
  readonly atMs: number;
  readonly text: string;
}

/** The folder where users leave events. Removes everything else; gives each user a share. */
export class EventFolder {
  readonly #options: EventFolderOptions;
  readonly #rate = new EventRate();
  readonly #names: FolderNames;
  /** Unremovable files, remembered so that they are not taken repeatedly. May exceed its limit by the files of one pass. */
  readonly #stuck = new Set<string>();
  #hasSaidStuck = false;
  #isLooking = false;
  /** The last fault, logged once. */
  #fault = "";

  constructor(options: EventFolderOptions) {
    this.#options = options;
    this.#names = new FolderNames(options.path);
    this.#make();
  }

  /** Takes waiting events. Called each second. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { log, nowMs } = this.#options;
    const discarded = this.#rate.takeDiscarded(nowMs());
    if (discarded !== undefined) log.event("error", "discarded events of users", { ...discarded });
    try {
      for (const name of [...this.#stuck]) this.#remove(name);
      if (this.#stuck.size >= AGENT_LIMITS.stuckEvents) throw new Error(`${this.#stuck.size} files cannot be removed`);
      for (const name of this.#names.next()) await this.#takeOne(name);
      this.#fault = "";
    } catch (error) {
      this.#say(String(error));
    } finally {
      this.#isLooking = false;
    }
  }

  /** Creates the folder as mlagent-root's user if set-up has not. */
  #make(): void {
    const { path } = this.#options;
    try {
      mkdirSync(path);
      chmodSync(path, MODE);
    } catch (error) {
      if (!isFolder(path)) this.#say(String(error));
    }
  }

  #say(fault: string): void {
    const { log, path } = this.#options;
    if (fault !== this.#fault) log.event("warning", "takes no events", { path, error: fault });
    this.#fault = fault;
  }

  async #takeOne(name: string): Promise<void> {
    const { path, users, take, nowMs } = this.#options;
    const file = join(path, name);
    if (this.#stuck.has(name)) return;
    if (name.startsWith(".") && nowMs() - changedMs(file) < UNFINISHED_FOR_MS) return;
    const left = read(file);
    const [id, note] = [parseExecutionId(name), left === undefined ? undefined : parseNodeNote(left.text)];
    if (id === undefined || left === undefined || note === undefined) return this.#remove(name);
    const user = await users.byUid(left.uid);
    if (user === "unavailable") return;
    if (user === undefined || !this.#rate.hasRoom(user.name)) {
      this.#rate.countDiscarded(user?.name, nowMs());
      return this.#remove(name);
    }
    const { severity, name: of, text } = note;
    // Too many notices wait: the file stays for later.
    if (!take({ v: 1, kind: "note", id, at: left.atMs, user: user.name, severity, name: of, text })) return;
    this.#rate.countTaken(user.name, nowMs());
    this.#remove(name);
  }

  /** Removes a taken event, or an entry that is none. A folder that is not empty stays. */
  #remove(name: string): void {
    const { log, path } = this.#options;
    const file = join(path, name);
    const fault = removalFault(file);
    if (fault === undefined) this.#stuck.delete(name);
    if (fault === undefined || this.#stuck.has(name)) return;
    if (fault !== "ENOTEMPTY") this.#stuck.add(name);
    if (!this.#hasSaidStuck) log.event("warning", "cannot remove what a user has left", { path: file, error: fault });
    this.#hasSaidStuck = true;
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

function changedMs(file: string): number {
  try {
    return lstatSync(file).ctimeMs;
  } catch {
    return 0;
  }
}

/** Undefined: not a plain file with one name, too long, or gone. A link to another user's file would impersonate its owner. */
function read(file: string): Left | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.nlink !== 1 || stat.size > MAX_NOTE_BYTES) return undefined;
    const bytes = Buffer.alloc(MAX_NOTE_BYTES);
    const length = readSync(fd, bytes, 0, MAX_NOTE_BYTES, 0);
    return { uid: stat.uid, atMs: Math.floor(stat.ctimeMs), text: bytes.toString("utf8", 0, length) };
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** The error code that prevented removal; undefined if the file is gone. */
function removalFault(file: string): string | undefined {
  const code = codeOf(() => unlinkSync(file));
  const last = code === "EISDIR" ? codeOf(() => rmdirSync(file)) : code;
  return last === "ENOENT" ? undefined : last;
}

function codeOf(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}
