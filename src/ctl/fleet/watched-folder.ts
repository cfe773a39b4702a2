import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isMissing } from "../../host/is-missing.ts";
import { safeText } from "../../host/safe-text.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { CtlError, type Io } from "../command.ts";
import { note } from "../remote/session.ts";
import { parseRequests, type RunRequest } from "./run-request.ts";
import { MAX_WAITING_ORDERS } from "./spool.ts";

/** A file is taken when nobody has written to it for so long: not everybody writes elsewhere and renames. */
const QUIET_FOR_MS = 1_000;
const LOOK_EVERY_MS = 1_000;
/** A file of so many orders, as large as a collector takes them. */
const MAX_FILE_BYTES = MAX_WAITING_ORDERS * FLEET_LIMITS.maxMessageBytes;
/** What becomes of a file. */
const FOLDERS = ["taken", "done", "failed"] as const;

interface WatchedFolderOptions {
  readonly folder: string;
  readonly io: Io;
  readonly nowMs: () => number;
  /** Signs orders and keeps them, in order. Undefined: not now, and nothing was kept. */
  readonly keep: (requests: readonly RunRequest[]) => Promise<readonly string[] | undefined>;
  /** Sends kept orders, as far as the collector takes them. */
  readonly send: () => Promise<unknown>;
}

/**
 * Orders of files in a folder, each sent once, in the order of the files' names. A file is claimed (`taken/`), all of its orders are
 * signed and kept here, and it is put away (`done/`); then they are sent. One that was claimed when mlctl was killed is never taken
 * again by itself: some of its orders may have been kept.
 */
export class WatchedFolder {
  readonly #options: WatchedFolderOptions;
  #said = "";

  constructor(options: WatchedFolderOptions) {
    this.#options = options;
    const { folder, io } = options;
    for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true });
    for (const name of readdirSync(join(folder, "taken"))) {
      renameSync(join(folder, "taken", name), join(folder, "failed", name));
      note(
        io,
        `${name} was interrupted, and is in failed/: mlctl runs and mlctl run --flush show which orders it has made`,
      );
    }
  }

  /** Until the signal. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Takes waiting files and sends their orders. */
  async look(): Promise<void> {
    try {
      for (const name of this.#names()) if (!(await this.#take(name))) break;
      await this.#options.send();
      this.#said = "";
    } catch (error) {
      if (!(error instanceof CtlError)) throw error;
      // Once: it may last.
      if (error.message !== this.#said) note(this.#options.io, error.message);
      this.#said = error.message;
    }
  }

  #names(): readonly string[] {
    const { folder, nowMs } = this.#options;
    const entries = readdirSync(folder, { withFileTypes: true });
    const names = entries.flatMap((each) => (each.isFile() && !each.name.startsWith(".") ? [each.name] : []));
    // One that has gone meanwhile is none.
    const isBusy = (name: string): boolean => {
      const latestMs = nowMs() - QUIET_FOR_MS;
      return (statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) > latestMs;
    };
    const sorted = names.sort();
    // Those after one that is being written wait for it.
    const busy = sorted.findIndex(isBusy);
    return busy < 0 ? sorted : sorted.slice(0, busy);
  }

  /** False: not now. */
  async #take(name: string): Promise<boolean> {
    const { folder, io, keep } = this.#options;
    const move = (from: "." | "taken", to: "." | (typeof FOLDERS)[number]): void =>
      renameSync(join(folder, from, name), join(folder, to, name));
    try {
      move(".", "taken");
    } catch (error) {
      // Its writer has taken it back, or another mlctl was faster.
      if (isMissing(error) && !existsSync(join(folder, name))) return true;
      throw error;
    }
    try {
      const requests = requestsIn(join(folder, "taken", name));
      const runs = await keep(requests);
      move("taken", runs === undefined ? "." : "done");
      for (const run of runs ?? []) io.stdout.write(`${safeText(name)}\t${run}\n`);
      return runs !== undefined;
    } catch (error) {
      if (!(error instanceof CtlError)) throw error;
      move("taken", "failed");
      note(io, `${name} is in failed/, and nothing of it was sent: ${error.message}`);
      return true;
    }
  }
}

/** Throws a CtlError if they can never be sent. */
function requestsIn(file: string): readonly RunRequest[] {
  const requests = parseRequests(textIn(file));
  if (requests.length <= MAX_WAITING_ORDERS) return requests;
  throw new CtlError(
    `Cannot keep ${requests.length} orders, the limit is ${MAX_WAITING_ORDERS}: put them into several files`,
  );
}

function textIn(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) throw new RangeError(`it has ${size} bytes, the limit is ${MAX_FILE_BYTES}`);
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CtlError(`Cannot read it: ${error instanceof Error ? error.message : error}`);
  }
}
