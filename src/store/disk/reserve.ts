import { randomBytes } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { freeBytes } from "./free-bytes.ts";
import { failureCode } from "./storage-error.ts";

/** More than a batch needs for its tombstones and for SQLite's writes. */
const RESERVE_BYTES = 4_194_304;
/** The reserve is made again only with this much room, not from space just freed on a full disk. */
const LEAST_FREE_BYTES = 16 * RESERVE_BYTES;

/** Space set aside for deletions, which need a little before they free much. Random: some file systems compress. */
export class Reserve {
  readonly #path: string;
  readonly #folder: string;

  constructor(folder: string, path: string) {
    this.#folder = folder;
    this.#path = path;
  }

  /** Sets the space aside, unless it is already or there is no room. Returns the error's code if that fails. */
  make(): string | undefined {
    if (existsSync(this.#path) || !(freeBytes(this.#folder) > LEAST_FREE_BYTES)) return undefined;
    try {
      writeFileSync(this.#path, randomBytes(RESERVE_BYTES), { mode: 0o600 });
      return undefined;
    } catch (error) {
      rmSync(this.#path, { force: true });
      return failureCode(error);
    }
  }

  /** Frees the space for the caller, who uses it in this turn of the loop. Returns whether there was any. */
  spend(): boolean {
    const isThere = existsSync(this.#path);
    rmSync(this.#path, { force: true });
    return isThere;
  }
}
