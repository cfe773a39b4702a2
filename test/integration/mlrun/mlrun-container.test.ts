import { chmod } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type DumpRelay, startDumpRelay } from "../../support/dump-relay.ts";
import { cleanEnvironment } from "../../support/mlrun.ts";
import { madePodman, podmanIsMissing } from "../../support/podman.ts";
import { type Result, run } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";

const IS_ROOT = process.getuid?.() === 0;
/** Of no user of this machine. */
const UID = "61234";

/**
 * Makes a container without privileges, as podman does: its root is this user, its files are a few of the machine's, its
 * processes and network are its own. `$1` is the run folder, or empty; then comes the command.
 */
const CONTAINER = `
set -e
root=/mnt run=$1; shift
mount -t tmpfs none "$root"
mkdir -p "$root"/usr "$root"/proc "$root"/dev "$root"/tmp "$root"/run/marcologger "$root"/mlrun "$root$NODE"
mount --rbind /usr "$root"/usr
for name in bin lib lib64; do ln -s usr/$name "$root"/$name; done
mount --rbind /dev "$root"/dev
mount -t proc none "$root"/proc
mount --bind "$MLRUN" "$root"/mlrun
case $NODE in /usr/*) ;; *) mount --bind "$NODE" "$root$NODE";; esac
if [ "$run" ]; then mount --bind "$run" "$root"/run/marcologger; fi
exec chroot "$root" "$@"
`;

function inContainer(runDir: string, command: readonly string[]): Promise<Result> {
  const user = IS_ROOT ? ["setpriv", `--reuid=${UID}`, `--regid=${UID}`, "--clear-groups"] : [];
  const unshare = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--net"];
  const [file = "", ...args] = [...user, ...unshare, "bash", "-c", CONTAINER, "bash", runDir, ...command];
  const more = { MLRUN: join(ROOT, "dist/src/bin"), NODE: dirname(process.execPath), MLRUN_SPOOL_DIR: "/tmp/spool" };
  return run(file, args, { env: cleanEnvironment({ ...more, HOME: "/root" }), detached: true });
}

async function openRelay(): Promise<DumpRelay> {
  const relay = await startDumpRelay();
  await chmod(relay.runDir, 0o711);
  return relay;
}

const COMMAND = ["/mlrun/mlrun", "--", "sh", "-c", "id -u; echo $$; exit 3"];

test("a container with the run folder mounted logs as the user who started it", async () => {
  const relay = await openRelay();
  expect(await inContainer(relay.runDir, COMMAND)).toMatchObject({ code: 3, stderr: "" });
  const { begin, uid, stdout, end } = await relay.execution();
  // Root inside, with the first pids of a namespace; the kernel names the user outside.
  expect(stdout.toString()).toMatch(/^0\n\d{1,2}\n$/);
  expect(uid).toBe(IS_ROOT ? Number(UID) : process.getuid?.());
  expect(begin).not.toHaveProperty("user");
  expect(end).toMatchObject({ code: 3 });
});

test("a container without it runs the command, keeps its output, and doctor says what to mount", async () => {
  const { code, stdout, stderr } = await inContainer("", [
    "sh",
    "-c",
    "/mlrun/mlrun -- sh -c 'echo out; exit 3'; echo $?; ls /tmp/spool | wc -l; rm -r /run/marcologger; /mlrun/mlrun --doctor",
  ]);
  expect(stdout).toMatch(/^out\n3\n1\nok/);
  expect(stderr).toMatch(/^mlrun: the relay at \/run\/marcologger is away \(ENOENT\): output is kept in \/tmp\/spool/);
  expect(stdout).toMatch(
    /mend: .*in a container: mount that folder from the machine, for instance -v \/run\/marcologger:/,
  );
  expect(code).toBe(1);
});

test("containers of podman log as the user that theirs is mapped to", async (context) => {
  const missing = await podmanIsMissing();
  if (missing !== undefined) return context.skip(missing);
  const relay = await openRelay();
  const podman = await madePodman(cleanEnvironment());
  const node = dirname(process.execPath);
  const programs = ["-v", `${join(ROOT, "dist/src/bin")}:/mlrun:ro`, "-e", `PATH=${node}:/usr/bin:/bin`];
  if (!node.startsWith("/usr/")) programs.push("-v", `${node}:${node}:ro`);
  const mapped = [...programs, "--uidmap", `0:${UID}:1000`, "-e", "MLRUN_SPOOL_DIR=/tmp/spool", "--tmpfs", "/tmp"];

  expect(await podman([...mapped, "-v", `${relay.runDir}:/run/marcologger`], COMMAND)).toMatchObject({ code: 3 });
  const { begin, uid, stdout, end } = await relay.execution();
  expect(stdout.toString()).toMatch(/^0\n\d{1,2}\n$/);
  expect(uid).toBe(Number(UID));
  expect(begin).not.toHaveProperty("user");
  expect(end).toMatchObject({ code: 3 });

  const without = await podman([...mapped, "--user", "7:7"], ["/mlrun/mlrun", "--", "sh", "-c", "id -u; exit 3"]);
  expect(without).toMatchObject({ code: 3, stdout: "7\n" });
  expect(without.stderr).toContain("the relay at /run/marcologger is away (ENOENT): output is kept in /tmp/spool");
});
