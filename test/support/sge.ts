import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterwards } from "./cleanup.ts";
import { freePort } from "./free-port.ts";
import { poll } from "./poll.ts";
import { run, start } from "./processes.ts";
import { tempFolder } from "./temp-folder.ts";

/** Debian has these in gridengine-master, gridengine-exec and gridengine-client. */
const PROGRAMS = ["sge_qmaster", "sge_execd", "qsub", "qconf"];
/** Folders of Debian's gridengine-common and -client. */
const INSTALLED = "/usr/lib/gridengine";
const SHARED = "/usr/share/gridengine";

/** Why no SGE can be started here; undefined if one can. */
export async function sgeIsMissing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "needs root: run the tests as root";
  for (const program of PROGRAMS) {
    if ((await run("sh", ["-c", `command -v ${program}`])).code !== 0) return `${program} is not installed`;
  }
  return undefined;
}

/** Starts an SGE of one host on loopback, in a cell of its own. @returns The environment for its commands. */
export async function startSge(): Promise<Readonly<Record<string, string>>> {
  const folder = await tempFolder();
  const env = {
    SGE_ROOT: join(folder, "root"),
    SGE_CELL: "test",
    SGE_QMASTER_PORT: String(await freePort()),
    SGE_EXECD_PORT: String(await freePort()),
  };
  await makeCell(folder, { ...process.env, ...env });
  const daemons = { ...process.env, ...env, SGE_ND: "1" };
  startDaemon("sge_qmaster", daemons);
  await poll("SGE's master", async () => (await run("qconf", ["-sh"], { env: daemons })).code === 0);
  await addQueue(folder, daemons);
  startDaemon("sge_execd", daemons);
  const isReady = async () => / lx-\S+ *$/m.test((await run("qstat", ["-f"], { env: daemons })).stdout);
  await poll("a queue of SGE without a state such as unknown", isReady);
  return env;
}

function startDaemon(program: string, env: NodeJS.ProcessEnv): void {
  const daemon = start(program, [], { env });
  afterwards(() => void daemon.end("SIGKILL"));
}

async function succeed(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, { env });
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** Makes a cell as Debian's init_cluster does, with plain files for a spool. */
async function makeCell(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const root = join(folder, "root");
  const common = join(root, "test/common");
  const spool = join(folder, "master");
  for (const path of [common, join(spool, "job_scripts"), join(folder, "execd")])
    await mkdir(path, { recursive: true });
  const arch = (await run(join(SHARED, "util/arch"), [])).stdout.trim();
  for (const name of ["bin", "lib", "utilbin"]) {
    await mkdir(join(root, name));
    await symlink(INSTALLED, join(root, name, arch));
  }
  await symlink(join(SHARED, "util"), join(root, "util"));
  await writeFile(join(common, "bootstrap"), bootstrap(common, spool));
  await writeFile(join(common, "act_qmaster"), `${hostname()}\n`);
  // The name of 127.0.0.1, which must not be the host's.
  await writeFile(join(common, "host_aliases"), `${hostname()} localhost\n`);
  const global = withValues(await readFile(join(SHARED, "default-configuration"), "utf8"), {
    execd_spool_dir: join(folder, "execd"),
    gid_range: "20000-20100",
    min_uid: "0",
    min_gid: "0",
    mailer: "/bin/true",
    // A job starts again only after its end has been reported, every 40 s by default.
    load_report_time: "0:0:1",
  });
  await writeFile(join(folder, "global"), global);
  const tools = { ...env, LD_LIBRARY_PATH: INSTALLED };
  await succeed(join(INSTALLED, "spoolinit"), ["classic", "libspoolc", `${common};${spool}`, "init"], tools);
  for (const args of [
    ["configuration", join(folder, "global")],
    ["complexes", join(SHARED, "util/resources/centry")],
    ["usersets", join(SHARED, "util/resources/usersets")],
    ["managers", "root"],
  ]) {
    await succeed(join(INSTALLED, "spooldefaults"), args, tools);
  }
}

function bootstrap(common: string, spool: string): string {
  return `
admin_user none
default_domain none
ignore_fqdn true
spooling_method classic
spooling_lib libspoolc
spooling_params ${common};${spool}
binary_path ${INSTALLED}
qmaster_spool_dir ${spool}
security_mode none
listener_threads 2
worker_threads 2
scheduler_threads 1
jvm_threads 0
`.trimStart();
}

async function addQueue(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const file = join(folder, "described");
  const host = ["hostname", hostname()].join(" ");
  const none = ["load_scaling", "complex_values", "user_lists", "xuser_lists", "projects", "xprojects"];
  const rest = [...none, "usage_scaling", "report_variables"].map((name) => `${name} NONE`);
  await writeFile(file, `${[host, ...rest].join("\n")}\n`);
  await succeed("qconf", ["-Ae", file], env);
  await succeed("qconf", ["-as", hostname()], env);
  const queue = { qname: "all.q", hostlist: hostname(), slots: "4", load_thresholds: "NONE", pe_list: "NONE" };
  const shell = { shell_start_mode: "unix_behavior", rerun: "TRUE" };
  await writeFile(file, withValues(await succeed("qconf", ["-sq"], env), { ...queue, ...shell }));
  await succeed("qconf", ["-Aq", file], env);
  const atOnce = { schedule_interval: "0:0:1", flush_submit_sec: "1", flush_finish_sec: "1" };
  const always = { load_formula: "slots", job_load_adjustments: "NONE" };
  await writeFile(file, withValues(await succeed("qconf", ["-ssconf"], env), { ...atOnce, ...always }));
  await succeed("qconf", ["-Msconf", file], env);
}

/** Changes values in SGE's text of settings, `name value` lines. */
function withValues(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce(
    (changed, [name, value]) => changed.replace(new RegExp(`^${name}\\s.*$`, "m"), () => `${name} ${value}`),
    text,
  );
}
