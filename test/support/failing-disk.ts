import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./processes.ts";
import { ROOT } from "./programs.ts";
import { tempFolder } from "./temp-folder.ts";

const SOURCE = join(ROOT, "test/fixtures/programs/failing_disk.c");

/** A disk that fails when it is told to, for programs that are started with this environment. */
export class FailingDisk {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<FailingDisk> {
    const disk = new FailingDisk(await tempFolder());
    const built = await run("cc", ["-shared", "-fPIC", "-o", disk.#library, SOURCE, "-ldl"]);
    if (built.code !== 0) throw new Error(`Cannot compile ${SOURCE}: ${built.stderr}`);
    return disk;
  }

  /** @param below What fails: everything that is written to files below this folder. */
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

  get #library(): string {
    return join(this.#folder, "failing_disk.so");
  }

  get #flag(): string {
    return join(this.#folder, "fails");
  }
}
