import { randomBytes } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { freeBytes } from "./free-bytes.ts";
import { failureCode } from "./storage-error.ts";

/** More than the tombstones of a batch, and what SQLite writes for its rows. */
const RESERVE_BYTES = 4_194_304;
/** It is made again only when there is so much room: not from what somebody has just freed on a full disk. */
const LEAST_FREE_BYTES = 16 * RESERVE_BYTES;

/** Space set aside for deletions, which need a little before they give back much. Random: some file systems compress. */
export class Reserve {
  readonly #path: string;
  readonly #folder: string;

  constructor(folder: string, path: string) {
    this.#folder = folder;
    this.#path = path;
  }

  /** Sets it aside if it is not, and there is room. Returns the error's code if that fails. */
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
