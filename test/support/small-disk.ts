import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterwards } from "./cleanup.ts";
import { runAsRoot } from "./root.ts";

/** A small file system of its own (tmpfs) on a folder, to be filled and freed. Needs root. */
export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts it over the folder's content, until the test is over. */
  static async mount(folder: string, megabytes: number): Promise<SmallDisk> {
    mkdirSync(folder, { recursive: true });
    const mounted = await runAsRoot("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=777`, "tmpfs", folder]);
    if (mounted.code !== 0) throw new Error(`Cannot mount a tmpfs: ${mounted.stderr}`);
    afterwards(async () => void (await runAsRoot("umount", ["--lazy", folder])));
    return new SmallDisk(folder);
  }

  /** Fills the disk except for this many bytes. */
  fill(leaveBytes: number): void {
    const path = join(this.folder, "ballast");
    const { bavail, bsize } = statfsSync(this.folder);
    try {
      writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
    } catch {
      // Others wrote meanwhile: it is full already.
    }
  }

  free(): void {
    rmSync(join(this.folder, "ballast"), { force: true });
  }
}
