import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterwards } from "./cleanup.ts";
import { freePort } from "./free-port.ts";
import { poll } from "./poll.ts";
import { run, start } from "./processes.ts";
import { tempFolder } from "./temp-folder.ts";

/** Debian has these in slurmctld, slurmd, slurm-client and munge. */
const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch"];

/** Why no Slurm can be started here; undefined if one can. */
export async function slurmIsMissing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "needs root: run the tests as root";
  for (const program of PROGRAMS) {
    if ((await run("sh", ["-c", `command -v ${program}`])).code !== 0) return `${program} is not installed`;
  }
  return undefined;
}

/** Starts a Slurm of one node on loopback. @returns The environment for its commands. */
export async function startSlurm(): Promise<{ readonly SLURM_CONF: string }> {
  const folder = await tempFolder();
  const munge = ["socket", "pid-file", "log-file", "seed-file"].map(
    (name) => `--${name}=${join(folder, `munge.${name}`)}`,
  );
  const key = join(folder, "munge.key");
  await writeFile(key, crypto.getRandomValues(new Uint8Array(128)), { mode: 0o600 });
  startDaemon("munged", ["--foreground", "--force", `--key-file=${key}`, ...munge]);
  await poll("munged's socket", () => existsSync(join(folder, "munge.socket")));
  for (const name of ["state", "spool"]) await mkdir(join(folder, name));
  const SLURM_CONF = join(folder, "slurm.conf");
  await writeFile(SLURM_CONF, configuration(folder, await freePort(), await freePort()));
  startDaemon("slurmctld", ["-D", "-c", "-f", SLURM_CONF]);
  startDaemon("slurmd", ["-D", "-f", SLURM_CONF]);
  const env = { ...process.env, SLURM_CONF };
  await poll(
    "an idle node of Slurm",
    async () => (await run("sinfo", ["-h", "-o", "%T"], { env })).stdout.trim() === "idle",
  );
  return { SLURM_CONF };
}

function startDaemon(program: string, args: readonly string[]): void {
  const daemon = start(program, args);
  afterwards(() => void daemon.end("SIGKILL"));
}

/** A requeued job may start again once its credential has expired: after 5 s, the shortest time. */
function configuration(folder: string, controllerPort: number, nodePort: number): string {
  const node = hostname();
  return `
ClusterName=test
SlurmctldHost=${node}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
SlurmdParameters=config_overrides
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName=${node} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=${node} Default=YES State=UP
`;
}
