import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileLibrary } from "./preload.ts";
import { tempFolder } from "./temp-folder.ts";

/** A disk that fails on command, for programs started with this environment. */
export class FailingDisk {
  readonly #folder: string;

  readonly #library: string;

  private constructor(folder: string, library: string) {
    this.#folder = folder;
    this.#library = library;
  }

  static async make(): Promise<FailingDisk> {
    const folder = await tempFolder();
    return new FailingDisk(folder, await compileLibrary("failing_disk", folder));
  }

  /** @param below Writes to files below this folder fail. */
  environment(below: string): NodeJS.ProcessEnv {
    return { ...process.env, LD_PRELOAD: this.#library, FAILS_BELOW: below, FAILS_WHILE: this.#flag };
  }

  /** From now on each write fails with EIO. */
  fail(): void {
    writeFileSync(this.#flag, "");
  }

  mend(): void {
    rmSync(this.#flag);
  }

  get #flag(): string {
    return join(this.#folder, "fails");
  }
}
