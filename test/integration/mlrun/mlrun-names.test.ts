import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Begin } from "../../../src/wire/begin.ts";
import { type DumpRelay, startDumpRelay } from "../../support/dump-relay.ts";
import { cleanEnvironment, mlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { SURROUNDINGS } from "../../support/surroundings.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let relay: DumpRelay;
beforeAll(async () => {
  relay = await startDumpRelay();
});

/** BEGINs of the executions with this label, without duplicates, by id: outer before inner. */
async function begins(label: string, count: number): Promise<Begin[]> {
  return poll(`${count} executions of ${label}`, async () => {
    const found = (await relay.begins()).map(({ begin }) => begin).filter(({ labels }) => labels["test"] === label);
    const all = new Map(found.map((begin) => [begin.x, begin]));
    return all.size >= count && [...all.values()].sort((a, b) => (a.x < b.x ? -1 : 1));
  });
}

const [MLRUN, ...WORDS] = program("mlrun");
function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, M: [MLRUN, ...WORDS].join(" "), ...more });
}

describe("recorded surroundings", () => {
  test.each(SURROUNDINGS)("name job, run and labels: $name", async ({ name, variables, file, ...known }) => {
    const path = join(await tempFolder(), "file");
    if (file !== undefined) await writeFile(path, file.text);
    const more = file === undefined ? {} : { [file.variable]: path };
    await mlrun(["--label", `test=${name}`, "--", "true"], { env: environment({ ...variables, ...more }) });
    const [begin] = await begins(name, 1);
    expect(begin).toMatchObject({ job: known.job, run: known.run, labels: { ...known.labels, test: name } });
    expect(Object.keys(begin?.labels ?? {})).toHaveLength(Object.keys(known.labels).length + 1);
  });
});

/** Runs a script in which `$M` is mlrun. */
async function shell(script: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const asRoot = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
  const env = environment({ ...asRoot, ...more });
  const { code, stdout, stderr } = await run("bash", ["-c", script], { env, detached: true, cwd: await tempFolder() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("launchers", () => {
  test.for([
    ["mpiexec.mpich", "mpiexec.mpich -n 2", /^mpich:.+:\d+$/],
    ["mpiexec.openmpi", "mpiexec.openmpi --oversubscribe -n 2", /^openmpi:\d+$/],
  ] as const)("ranks of %s are one job and one run", async ([needs, launch, runId], context) => {
    if ((await run("sh", ["-c", `command -v ${needs}`])).code !== 0) context.skip(`${needs} is not installed`);
    await shell(`${launch} $M --label test=${needs} -- true`);
    const ranks = await begins(needs, 2);
    expect(new Set(ranks.map((begin) => `${begin.job} ${begin.run}`)).size).toBe(1);
    expect(ranks[0]?.run).toMatch(runId);
    expect(ranks.map(({ labels }) => labels["rank"]).sort()).toEqual(["0", "1"]);
    expect(ranks.map(({ labels }) => labels["local-rank"]).sort()).toEqual(["0", "1"]);
    expect(ranks[0]?.labels).toMatchObject({ world: "2" });
  });

  test("tasks of GNU parallel are one job and one run", async (context) => {
    if ((await run("sh", ["-c", "command -v parallel"])).code !== 0) context.skip("parallel is not installed");
    await shell("parallel $M --label test=parallel -- echo ::: a b c");
    const tasks = await begins("parallel", 3);
    expect(new Set(tasks.map((begin) => `${begin.job} ${begin.run}`)).size).toBe(1);
    expect(tasks[0]?.run).toMatch(/^parallel:\d+$/);
    expect(tasks.map((begin) => begin.labels["task"]).sort()).toEqual(["1", "2", "3"]);
  });
});

describe("an mlrun inside of another", () => {
  test("names its parent, and the pipes that it prints into", async () => {
    const inner = (stream: string) => `$M --label test=nested -- sh -c "echo ${stream}"`;
    const script = `${inner("plain")}; ${inner("swapped")} 3>&1 >&2 2>&3; ${inner("piped")} | cat; ${inner("file")} >f`;
    const whole = `$M --label test=nested -- bash -c '${script}; $M --quiet --label test=nested -- true'`;
    await shell(`${whole} 2>/dev/null`);
    const [outer, plain, swapped, piped, file, quiet] = await begins("nested", 6);
    expect(outer).not.toHaveProperty("parent");
    for (const begin of [plain, swapped, piped, file, quiet]) {
      expect(begin).toMatchObject({ parent: outer?.x, run: outer?.x, job: outer?.job, labels: { parent: outer?.x } });
    }
    expect([plain, swapped, piped, file, quiet].map((begin) => begin?.within)).toEqual([
      { stdout: "stdout", stderr: "stderr" },
      { stdout: "stderr", stderr: "stdout" },
      { stderr: "stderr" },
      { stderr: "stderr" },
      undefined,
    ]);
  });

  test.each(["--merge", "--pty"])("of one stream prints into that: %s", async (option) => {
    const label = `nested ${option}`;
    await shell(`$M ${option} --label "test=${label}" -- bash -c '$M --label "test=${label}" -- true'`);
    const [, inner] = await begins(label, 2);
    expect(inner?.within).toEqual({ stdout: "stdout", stderr: "stdout" });
  });

  test("is of a job and run of its own when a batch system started it meanwhile", async () => {
    const submitted = "env SLURM_JOB_ID=8 $M --label test=submitted -- true";
    await shell(`$M --job outer --label test=submitted -- bash -c '${submitted}'`, { SLURM_JOB_ID: "7" });
    const [outer, inner] = await begins("submitted", 2);
    expect(outer).toMatchObject({ job: "outer", run: "slurm:7" });
    expect(inner).toMatchObject({ job: "8", run: "slurm:8", labels: { parent: outer?.x } });
    expect(inner).not.toHaveProperty("parent");
  });

  test("hands --run on", async () => {
    await shell("$M --run r7 --label test=run -- bash -c '$M --label test=run -- true'");
    expect((await begins("run", 2)).map((begin) => begin.run)).toEqual(["r7", "r7"]);
  });
});

test("the user's name is that of this machine; a container's own users mean nothing", async () => {
  await mlrun(["--label", "test=user", "--", "true"], { env: environment() });
  await mlrun(["--label", "test=user", "--", "true"], { env: environment({ container: "podman" }) });
  const users = (await begins("user", 2)).map(({ user }) => user);
  const isContainer = ["/.dockerenv", "/run/.containerenv"].some((path) => existsSync(path));
  expect(users).toEqual([isContainer ? undefined : userInfo().username, undefined]);
});
