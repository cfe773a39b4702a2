import { type Dir, opendirSync } from "node:fs";
import { AGENT_LIMITS } from "../limits.ts";

/**
 * Names in a folder that anybody may fill, some at a time: each look goes on where the one before ended, so that no number of
 * entries hides those behind them.
 */
export class FolderNames {
  readonly #path: string;
  /** Open until the end of the folder is reached. */
  #folder: Dir | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The next names, sorted. */
  next(): readonly string[] {
    const folder = this.#folder ?? opendirSync(this.#path);
    this.#folder = folder;
    const names: string[] = [];
    try {
      while (names.length < AGENT_LIMITS.eventNamesALook) {
        const entry = folder.readSync();
        if (entry === null) {
          this.#close();
          break;
        }
        names.push(entry.name);
      }
    } catch (error) {
      this.#close();
      throw error;
    }
    return names.sort();
  }

  #close(): void {
    this.#folder?.closeSync();
    this.#folder = undefined;
  }
}
