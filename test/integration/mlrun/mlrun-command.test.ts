import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { startDumpRelay } from "../../support/dump-relay.ts";
import { fakeRelay } from "../../support/fake-relay.ts";
import { octetCounted, parseFrame, printedBy } from "../../support/frames.ts";
import { cleanEnvironment, mlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { compileLibrary } from "../../support/preload.ts";
import { run } from "../../support/processes.ts";
import { program, ROOT } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const shell = (script: string) => ["--", "sh", "-c", script];

/** Environment of an mlrun without a relay, with a spool that goes away. */
async function noRelay(): Promise<NodeJS.ProcessEnv> {
  const folder = await tempFolder();
  return cleanEnvironment({ MLRUN_RUN_DIR: folder, MLRUN_SPOOL_DIR: join(folder, "spool") });
}

describe("the exit status", () => {
  test.each([
    ["the command's", shell("exit 7"), 7],
    ["127 for a command that is not there", ["--", "/nonexistent/command"], 127],
    ["126 for one that cannot be run", ["--", "/etc/passwd"], 126],
    ["125 for mlrun's own error", ["--nonsense", "--", "true"], 125],
  ])("is %s", async (_, args, code) => {
    expect(await mlrun(args, { env: await noRelay() })).toMatchObject({ code });
  });

  test("is the command's signal, real-time ones included", async () => {
    const env = await noRelay();
    expect(await mlrun(shell("kill -TERM $$"), { env })).toMatchObject({ code: null, signal: "SIGTERM" });
    const [file, ...args] = program("mlrun", "--", "bash", "-c", "kill -RTMIN+3 $$");
    const { stdout } = await run("bash", ["-c", `"$@"; echo $?`, "bash", file, ...args], { env });
    expect(stdout).toBe("165\n");
  });

  test("of a missing command is in END as well", async () => {
    const relay = await startDumpRelay();
    const { stderr } = await mlrun(["--run-dir", relay.runDir, "--", "nosuchcommand"]);
    expect(stderr).toBe("mlrun: Cannot run nosuchcommand: not found\n");
    expect((await relay.execution()).end).toMatchObject({ code: 127, signal: null });
  });

  test("of a command that was killed names the signal in END", async () => {
    const relay = await startDumpRelay();
    await mlrun(["--run-dir", relay.runDir, ...shell("kill -KILL $$")]);
    expect((await relay.execution()).end).toMatchObject({ code: null, signal: "SIGKILL" });
  });
});

describe("the command", () => {
  test("gets its arguments, stdin and folder as they are, without a shell", async () => {
    const folder = await tempFolder();
    const script = 'printf \'<%s>\' "$@" "$(pwd)" "$(cat)"';
    const args = ["--", "sh", "-c", script, "sh", "a b", "", "$HOME", "*", "--quiet"];
    const { stdout } = await mlrun(args, { env: await noRelay(), cwd: folder, input: "from stdin" });
    expect(stdout).toBe(`<a b><><$HOME><*><--quiet><${folder}><from stdin>`);
  });

  test("writes to FIFOs: /dev/stdout and /dev/stderr can be opened", async () => {
    const script = "echo out >/dev/stdout; echo err >/dev/stderr; stat -L -c %F /dev/fd/1 /dev/fd/2";
    const { stdout, stderr } = await mlrun(shell(script), { env: await noRelay() });
    expect(stdout).toBe("out\nfifo\nfifo\n");
    expect(stderr).toMatch(/^err$/m);
  });

  test("has no descriptors of mlrun, and leaves no files behind", async () => {
    const folder = await tempFolder();
    const { stdout } = await mlrun(["--", "ls", "/proc/self/fd"], { env: { ...(await noRelay()), TMPDIR: folder } });
    expect(stdout).toBe((await run("ls", ["/proc/self/fd"])).stdout);
    expect(await readdir(folder)).toEqual([]);
  });

  test("runs where TMPDIR is no folder", async () => {
    const result = await mlrun(shell("echo out"), { env: { ...(await noRelay()), TMPDIR: "/etc/passwd" } });
    expect(result).toMatchObject({ code: 0, stdout: "out\n" });
  });

  test("gets SIGPIPE once its output has no reader, as without mlrun", async () => {
    const env = await noRelay();
    const [file, ...args] = program("mlrun", ...shell("while :; do echo y; done; echo never"));
    const head = `"$@" | head -n 3; echo "\${PIPESTATUS[0]}"`;
    const { stdout } = await run("bash", ["-c", head, "bash", file, ...args], { env, detached: true });
    expect(stdout).toBe("y\ny\ny\n141\n");
  });

  test("goes on and is logged when its output cannot be shown, with a warning", async () => {
    const relay = await startDumpRelay();
    const [file, ...args] = program("mlrun", "--run-dir", relay.runDir, ...shell("echo out; exit 4"));
    const full = await run("sh", ["-c", '"$@" >/dev/full', "sh", file, ...args], {
      env: cleanEnvironment(),
      detached: true,
    });
    expect(full).toMatchObject({ code: 4, stderr: "mlrun: Cannot show stdout: ENOSPC; it is still logged\n" });
    expect((await relay.execution()).stdout.toString()).toBe("out\n");
  });

  test("is slowed by a slow reader, and loses nothing", async () => {
    const script = "echo $$ >&2; exec dd if=/dev/zero bs=64k count=160 status=none";
    const [file, ...args] = program("mlrun", ...shell(script));
    const child = spawn(file, args, { env: await noRelay(), detached: true, stdio: ["ignore", "pipe", "pipe"] });
    afterwards(() => void child.kill("SIGKILL"));
    const pid = await new Promise<number>((resolve) =>
      child.stderr.once("data", (line: Buffer) => resolve(Number(line))),
    );
    // Its stdout is not read. Were it not held back, dd would be gone in no time, and its /proc with it.
    let [written, unchanged] = ["", 0];
    await poll("dd to stand still", async () => {
      const now = /wchar: (\d+)/.exec(await readFile(`/proc/${pid}/io`, "utf8"))?.[1] ?? "";
      unchanged = now === written ? unchanged + 1 : 0;
      written = now;
      return unchanged === 30;
    });
    expect(Number(written)).toBeLessThan(2_000_000);
    let bytes = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(bytes).toBe(160 * 65_536);
  });

  test("is not slowed by a hanging relay: the spool gets what the relay may not have read", async () => {
    const folder = await tempFolder();
    const relay = await fakeRelay(join(folder, "mlrun.sock"), { reads: (i) => (i === 0 ? "BEGIN" : "nothing") });
    const env = cleanEnvironment({ MLRUN_SPOOL_DIR: join(folder, "spool") });
    const result = await mlrun(["--quiet", "--run-dir", folder, ...shell("seq 1 2000000; exit 4")], { env });
    expect(result.code).toBe(4);
    expect(result.stderr.split("\n")).toHaveLength(2);
    // On a busy machine even its answer to BEGIN may come too late.
    expect(result.stderr).toMatch(
      /^mlrun: the relay at \S+ is away \(it (takes nothing|does not answer)\): output is kept in /,
    );
    expect(relay.sockets.length).toBeGreaterThan(0);
    const [file = ""] = await readdir(join(folder, "spool"));
    const [, ...frames] = octetCounted(await readFile(join(folder, "spool", file)));
    expect(printedBy(frames.map(parseFrame), "stdout").toString()).toBe((await run("seq", ["1", "2000000"])).stdout);
  });

  test("is not slowed when BEGIN hangs as well", async () => {
    const folder = await tempFolder();
    await fakeRelay(join(folder, "mlrun.sock"), { reads: () => "nothing" });
    const env = cleanEnvironment({ MLRUN_SPOOL_DIR: join(folder, "spool") });
    const result = await mlrun(["--run-dir", folder, ...shell("echo out; exit 4")], { env });
    expect(result).toMatchObject({ code: 4, stdout: "out\n" });
    expect(result.stderr).toMatch(/^mlrun: .* is away \(it does not answer\): .*\n$/);
    expect(await readdir(join(folder, "spool"))).toHaveLength(1);
  });

  test("may leave children that hold its output: mlrun ends, and they are logged for the requested time", async () => {
    const relay = await startDumpRelay();
    const script = "echo before; sh -c 'trap \"\" HUP; echo $$; read x <fifo; echo after; exec sleep 60' & exit 5";
    const folder = await tempFolder();
    expect((await run("mkfifo", [join(folder, "fifo")])).code).toBe(0);
    const [file, ...args] = program("mlrun", "--late", "3", "--run-dir", relay.runDir, ...shell(script));
    const output = join(folder, "output");
    const words = ["-c", `"$@" >${output} 2>&1`, "bash", file, ...args];
    expect(await run("bash", words, { cwd: folder, env: cleanEnvironment(), detached: true })).toMatchObject({
      code: 5,
    });
    await writeFile(join(folder, "fifo"), "go\n");
    const { end, stdout } = await relay.execution();
    afterwards(() => void process.kill(Number(/^\d+$/m.exec(stdout.toString())?.[0]), "SIGKILL"));
    expect(end).toMatchObject({ code: 5, cutShort: true });
    expect(stdout.toString()).toMatch(/^before\n\d+\nafter\n$/);
    expect(await readFile(output, "utf8")).toBe(stdout.toString());
  });
});

test("ends mlrun by a signal, with everything logged, when nobody reads its output and the command has ended", async () => {
  const relay = await startDumpRelay();
  const env = cleanEnvironment({ MLRUN_SPOOL_DIR: join(relay.runDir, "spool") });
  const [file, ...words] = program(
    "mlrun",
    "--run-dir",
    relay.runDir,
    ...shell("seq 1 100000; echo $$ >&2; exec sleep 60"),
  );
  // Its stdout is a pipe that is not read.
  const running = spawn(file, words, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  afterwards(() => void running.kill("SIGKILL"));
  const pid = await new Promise<number>((resolve) =>
    running.stderr.once("data", (line: Buffer) => resolve(Number(line))),
  );
  process.kill(pid, "SIGTERM");
  await poll("the command to end", async () => (await parentOf(pid)) === undefined);
  const ended = once(running, "exit");
  running.kill("SIGTERM");
  expect(await ended).toEqual([null, "SIGTERM"]);
  // On a busy machine the relay may take the rest so late that it went to the spool.
  let isFlushed = false;
  const seen = relay.execution().finally(() => {
    isFlushed = true;
  });
  while (!isFlushed) await mlrun(["--flush", "--run-dir", relay.runDir], { env });
  const { stdout, end } = await seen;
  expect(stdout.toString()).toBe(Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join(""));
  expect(end).toMatchObject({ signal: "SIGTERM", dropped: { stdout: 0, stderr: 0 } });
});

test("fails when the output could not be shown, however late mlrun learns that its own processes have ended", async () => {
  const { runDir } = await startDumpRelay();
  const env = cleanEnvironment({ LD_PRELOAD: await compileLibrary("late_reaper", runDir), MLRUN_RUN_DIR: runDir });
  const [file, ...words] = program("mlrun", "--", "seq", "3");
  const { stdout } = await run("bash", ["-c", `"$@" >/dev/full 2>/dev/null; echo $?`, "bash", file, ...words], { env });
  expect(stdout).toBe("1\n");
});

describe("the file that users run", () => {
  test("is native, with one CommonJS file beside it that takes its place where there is no compiler", async () => {
    expect((await mlrun(["--version"])).stdout).toMatch(/^mlrun \d+\.\d+\.\d+\n$/);
    const file = join(ROOT, "dist/src/bin/mlrun.cjs");
    expect((await readFile(file, "utf8")).startsWith("#!/usr/bin/env node\n")).toBe(true);
    expect((await run("sh", ["-c", `node ${file} --version`])).stdout).toMatch(/^mlrun \d+\.\d+\.\d+ \(in Node: /);
  });

  test("explains itself in one page", async () => {
    const { code, stdout } = await mlrun(["--help"]);
    expect(code).toBe(0);
    expect(stdout.split("\n").length).toBeLessThan(35);
    expect(stdout).toMatch(/127 not found; 126 not executable; 125 mlrun's own error/);
  });

  test("takes the site's settings from its file", async () => {
    const relay = await startDumpRelay();
    const settings = join(relay.runDir, "mlrun.toml");
    await writeFile(settings, "one-line-frames = true\n");
    await mlrun(["--run-dir", relay.runDir, ...shell("seq 1 5")], {
      env: cleanEnvironment({ MLRUN_CONFIG: settings }),
    });
    expect((await relay.execution()).frames.filter(({ type }) => type === "lines")).toHaveLength(5);
  });
});

/** Undefined when it has ended. */
async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [, state, parent] = /\) (\w) (\d+)/.exec(stat) ?? [];
  return parent === undefined || state === "Z" ? undefined : Number(parent);
}
