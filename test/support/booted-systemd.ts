import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterwards } from "./cleanup.ts";
import { poll } from "./poll.ts";
import { start } from "./processes.ts";
import { ROOT } from "./programs.ts";
import { tempFolder } from "./temp-folder.ts";

const BOOT_WITHIN_MS = 30_000;

/** A systemd that is process 1, in namespaces on this machine. */
export interface BootedSystemd {
  /** `[command, ...args]` to run a program inside. */
  readonly inside: readonly string[];
}

/**
 * Boots a systemd, or gives the reason why that is impossible here. Ends it with everything in it afterwards.
 *
 * @param shared The only folder that both sides have.
 */
export async function bootSystemd(shared: string): Promise<BootedSystemd | string> {
  const folder = join(await tempFolder(), "boot");
  mkdirSync(folder);
  const script = join(ROOT, "test/fixtures/programs/boot_systemd.sh");
  const namespaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--propagation", "private"];
  const boot = start("unshare", [...namespaces, "bash", script, folder, shared, ROOT]);
  let hasEnded = false;
  void boot.ended.then(() => {
    hasEnded = true;
  });
  const first = await poll("process 1", () => hasEnded || childOf(boot.pid), BOOT_WITHIN_MS);
  if (first === true) return `cannot boot systemd here: ${boot.output().trim()}`;
  // The end of the namespace's process 1 ends all its processes.
  afterwards(async () => {
    process.kill(Number(first), "SIGKILL");
    await boot.ended;
  });
  const inside = ["nsenter", "--target", first, "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wd=/"];
  const [program = "", ...args] = [...inside, "systemctl", "is-system-running"];
  const isUp = () => /^(running|degraded)$/m.test(spawnSync(program, args, { timeout: 5_000 }).stdout.toString());
  await poll("a running system", () => hasEnded || isUp(), BOOT_WITHIN_MS);
  return hasEnded ? `cannot boot systemd here: ${boot.output().trim()}` : { inside };
}

/** The child that has become systemd. */
function childOf(pid: number): string | undefined {
  try {
    const child = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0];
    return child !== undefined && readFileSync(`/proc/${child}/comm`, "utf8") === "systemd\n" ? child : undefined;
  } catch {
    return undefined;
  }
}
