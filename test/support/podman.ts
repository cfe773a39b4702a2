import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type Result, run } from "./processes.ts";
import { tempFolder } from "./temp-folder.ts";

/** Runs a command in a new container. `options` are podman's. */
type Podman = (options: readonly string[], command: readonly string[]) => Promise<Result>;

/** Why podman cannot be used here; undefined if it can. */
export async function podmanIsMissing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "needs root: run the tests as root";
  return (await run("sh", ["-c", "command -v podman"])).code === 0 ? undefined : "podman is not installed";
}

/**
 * An image of links into the machine's own /usr, which each container mounts, so that nothing is downloaded.
 * Its layers and containers stay in a folder of its own.
 */
export async function madePodman(env: NodeJS.ProcessEnv): Promise<Podman> {
  const folder = await tempFolder();
  const podman = ["podman", "--root", join(folder, "root"), "--runroot", join(folder, "run")];
  const global = [...podman, "--storage-driver", "vfs", "--events-backend", "none", "--cgroup-manager", "cgroupfs"];
  const files = join(folder, "files");
  await mkdir(files);
  for (const name of ["bin", "lib", "lib64"]) await symlink(`usr/${name}`, join(files, name));
  const call = (words: readonly string[]) =>
    run("unshare", ["--mount", "bash", "-c", ONE_CGROUP_TREE, "bash", ...global, ...words], { env });
  const layer = join(folder, "layer.tar");
  const packed = await run("tar", ["-C", files, "-cf", layer, "."]);
  const imported = await call(["import", layer, "links:1"]);
  if (packed.code !== 0 || imported.code !== 0) throw new Error(`No image: ${packed.stderr}${imported.stderr}`);
  return (options, command) => call(["run", ...CONTAINER, ...options, "links:1", ...command]);
}

/** Debian 12's crun refuses machines with cgroups of both versions: only the first is left inside. */
const ONE_CGROUP_TREE = 'if [ -d /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi; exec "$@"';

/** podman asks for more open files and processes than some machines allow their root. */
const LIMITS = ["--ulimit", "nofile=1000:1000", "--ulimit", "nproc=1000:1000"];
const CONTAINER = ["--rm", "--network", "none", "--log-driver", "none", ...LIMITS, "-v", "/usr:/usr:ro"];
