import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type DumpRelay, dumpRelay, startDumpRelay } from "../../support/dump-relay.ts";
import { cleanEnvironment, mlrun, startMlrun } from "../../support/mlrun.ts";
import { OPTION_MISTAKES } from "../../support/option-mistakes.ts";
import { poll } from "../../support/poll.ts";
import { type Result, run, start } from "../../support/processes.ts";
import { program, ROOT } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const ID = "01JCABCDEFGHJKMNPQRSTVWXYZ";
/** A raw file that waits. */
const RAW = new RegExp(`^${ID}\\.\\d+-\\d+-\\d+\\.raw$`);
const shell = (script: string) => ["--", "sh", "-c", script];

describe("the command line of the launcher", () => {
  test.each<readonly [words: readonly string[], message: string]>([
    ...OPTION_MISTAKES,
    [["--late", "1h", "--", "ls"], "--late takes 0 to 604800 seconds"],
    [["--pty", "--merge", "--", "ls"], "--pty and --merge: a terminal is one stream already"],
    [["--doctor", "--", "ls"], "--doctor takes no command"],
    [["--notify", "ftp://x/", "--", "ls"], "--notify takes a http:// or https:// URL of at most 2000 bytes"],
    [["--notify", "http://x/ y", "--", "ls"], "--notify takes a http:// or https:// URL of at most 2000 bytes"],
    [["--stdin", "--", "ls"], "--stdin takes no command"],
    [["--stdin", "--pty"], "--pty and --stdin: there is no command for a terminal"],
    [["--timeout", "soon", "--", "ls"], '--timeout takes a duration like 90s, 1h30m or 2d, not "soon"'],
    [["--timeout", "-1", "--", "ls"], '--timeout takes a duration like 90s, 1h30m or 2d, not "-1"'],
    [["--timeout", "200000d", "--", "ls"], '--timeout takes a duration like 90s, 1h30m or 2d, not "200000d"'],
    [["--kill-after", "1x", "--", "ls"], '--kill-after takes a duration like 10s or 1m, not "1x"'],
    [["--kill-after", "1s", "--", "ls"], "--kill-after needs --timeout"],
  ])("%j is refused", async (words, message) => {
    expect(await mlrun(words)).toMatchObject({
      code: 125,
      stderr: `mlrun: ${message}\nmlrun --help lists the options.\n`,
    });
  });

  test("takes 128 characters, whatever their bytes, and the last of two labels", async () => {
    const relay = await startDumpRelay();
    const options = [
      "--job",
      "ä".repeat(128),
      "--label",
      "a=1",
      "--label=a=b=c",
      "--id",
      ID,
      "--run-dir",
      relay.runDir,
    ];
    await mlrun([...options, "--", "true"]);
    const { begin } = await relay.execution(ID);
    expect(begin).toMatchObject({ x: ID, job: "ä".repeat(128), labels: { a: "b=c" } });
  });

  test.each([
    [["--hide-argv"], [], ["echo", "***"]],
    [[], [], ["echo", "--password=***", "pin 1234", "https://me:***@x"]],
    [[], ['mask-argv = ["\\\\d{4}"]'], ["echo", "--password=***", "pin ***", "https://me:***@x"]],
  ])("shows no secret of the arguments: %j with %j", async (options, settings, argv) => {
    const relay = await startDumpRelay();
    const config = join(await tempFolder(), "mlrun.toml");
    await writeFile(config, settings.join("\n"));
    const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_CONFIG: config });
    const words = ["--password=geheim", "pin 1234", "https://me:geheim@x"];
    const result = await mlrun([...options, "--id", ID, "--", "echo", ...words], { env });
    expect(result.stdout).toBe(`${words.join(" ")}\n`);
    expect((await relay.execution(ID)).begin).toMatchObject({ argv });
  });
});

interface Place {
  readonly relay: DumpRelay;
  readonly spool: string;
  readonly env: NodeJS.ProcessEnv;
}

async function place(): Promise<Place> {
  const relay = await dumpRelay();
  const spool = join(await tempFolder(), "spool");
  return { relay, spool, env: cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: spool }) };
}

/** mlrun in a folder of its own, with another Node. */
async function mlrunWithNode(node: string): Promise<string> {
  const folder = await tempFolder();
  for (const name of ["mlrun", "mlrun.cjs"]) await copyFile(join(ROOT, "dist/src/bin", name), join(folder, name));
  await writeFile(join(folder, "mlrun.conf"), `node=${node}\n`);
  return join(folder, "mlrun");
}

describe("the script compiled beforehand", () => {
  test("is taken by the Node that compiled it", async () => {
    const hook = join(await tempFolder(), "hook.cjs");
    const lines = [
      `const vm = require("node:vm");`,
      `vm.Script = class extends vm.Script { constructor(...a) { super(...a); console.log(this.cachedDataRejected); } };`,
    ];
    await writeFile(hook, lines.join("\n"));
    const script = join(ROOT, "dist/src/bin/mlrun-cached.cjs");
    const { stdout } = await run(process.execPath, ["-r", hook, script, "--version"]);
    expect(stdout).toMatch(/^false\nmlrun /);
  });

  test.each([
    ["of another Node", (cache: Buffer) => Buffer.alloc(cache.length)],
    ["cut off", (cache: Buffer) => cache.subarray(0, cache.length / 2)],
    ["empty", () => Buffer.alloc(0)],
  ])("and %s: it is compiled as usual, and logs", async (_, damage) => {
    const { relay, env } = await place();
    await relay.start();
    const other = await mlrunWithNode(process.execPath);
    const cache = await readFile(join(ROOT, "dist/src/bin/mlrun.cache"));
    await writeFile(join(dirname(other), "mlrun.cache"), damage(cache));
    const name = "mlrun-cached.cjs";
    await copyFile(join(ROOT, "dist/src/bin", name), join(dirname(other), name));
    const result = await run(other, ["--id", ID, ...shell("echo out")], { env, detached: true });
    expect(result).toMatchObject({ code: 0, stdout: "out\n", stderr: "" });
    expect((await relay.execution(ID)).stdout.toString()).toBe("out\n");
  });
});

describe("a Node that cannot log", () => {
  test("two executions of one id keep both their outputs", async () => {
    const { spool, env } = await place();
    const other = await mlrunWithNode("/nonexistent/node");
    for (const word of ["first", "second"]) await run(other, ["--id", ID, ...shell(`echo ${word}`)], { env });
    const files = await readdir(spool);
    expect(files).toEqual([expect.stringMatching(RAW), expect.stringMatching(RAW)]);
    const texts = await Promise.all(files.map((name) => readFile(join(spool, name), "latin1")));
    expect(texts.map((text) => /first\n|second\n/.exec(text)?.[0]).sort()).toEqual(["first\n", "second\n"]);
  });

  test.each([
    ["is not there", "/nonexistent/node", /\(Cannot start Node: No such file or directory\)/],
    ["ends at once", "/bin/false", /\(it ended with 1\)/],
  ])("because it %s: the command runs, one warning says so, the next mlrun delivers", async (_, node, reason) => {
    const { relay, spool, env } = await place();
    const other = await mlrunWithNode(node);
    const result = await run(other, ["--id", ID, ...shell("echo out; echo err >&2; exit 4")], { env, detached: true });
    expect(result).toMatchObject({ code: 4, stdout: "out\n" });
    expect(result.stderr).toMatch(reason);
    expect(result.stderr.split("\n").sort()).toEqual(["", "err", expect.stringMatching(/your next mlrun delivers it/)]);
    expect(await readdir(spool)).toEqual([expect.stringMatching(RAW)]);
    await relay.start();
    await mlrun(["--", "true"], { env });
    const { stdout, stderr, end } = await relay.execution(ID);
    expect([stdout.toString(), stderr.toString()]).toEqual(["out\n", "err\n"]);
    expect(end).toMatchObject({ code: 4, signal: null, printed: { stdout: 4, stderr: 4 }, cutShort: false });
    await poll("an empty spool", async () => (await readdir(spool)).length === 0);
  });

  test("because it was killed: what it had not made frames of is delivered, numbers go on", async () => {
    const { relay, env } = await place();
    await relay.start();
    const running = startMlrun(["--id", ID, ...shell("seq 1 1000; read x; seq 1001 2000; printf end; exit 5")], {
      env,
    });
    await poll("the first lines", async () => (await relay.frames()).some(({ n, count }) => n + count > 1_000));
    process.kill(await loggerOf(running.pid), "SIGKILL");
    await running.waitFor(/the logger is away \(signal 9 ended it\): output is kept in/);
    running.stdin?.end("go\n");
    expect(await running.ended).toEqual({ code: 5, signal: null });
    const { stdout, end } = await relay.execution(ID);
    const lines = Array.from({ length: 2_000 }, (_, at) => `${at + 1}\n`).join("");
    expect(stdout.toString()).toBe(`${lines}end`);
    expect(end).toMatchObject({ code: 5, lines: { stdout: 2_001 }, printed: { stdout: lines.length + 3 } });
  });
});

/** The Node beside an mlrun: the pump's child, which is the launcher's. */
async function loggerOf(pid: number): Promise<number> {
  const found = await run("pgrep", ["-P", (await run("pgrep", ["-d,", "-P", String(pid)])).stdout.trim()]);
  return Number(found.stdout);
}

describe("streams", () => {
  test("are in exact order with --merge", async () => {
    const relay = await startDumpRelay();
    const script = "for i in $(seq 200); do echo out $i; echo err $i >&2; done";
    const { stdout, stderr } = await mlrun(["--merge", "--run-dir", relay.runDir, ...shell(script)]);
    const both = Array.from({ length: 200 }, (_, at) => `out ${at + 1}\nerr ${at + 1}\n`).join("");
    expect([stdout, stderr]).toEqual([both, ""]);
    const seen = await relay.execution();
    expect(seen.stdout.toString()).toBe(both);
    expect(seen.begin.labels).toMatchObject({ output: "merged" });
  });

  test("are one terminal with --pty, of the size of the one around it", async () => {
    const { env } = await place();
    const words = program("mlrun", "--pty", "--", "sh", "-c", "stty size; test -t 2 && echo terminal");
    const inside = `stty rows 33 cols 99; exec ${words.map((word) => `'${word}'`).join(" ")}`;
    const terminal = start("script", ["-qefc", inside, "/dev/null"], { env, detached: true });
    expect(await terminal.ended).toMatchObject({ code: 0 });
    expect(terminal.output()).toContain("33 99\r\nterminal\r\n");
  });

  test("of --pty into a file have no carriage returns, and keys reach the command", async () => {
    const { env } = await place();
    const piped: Result = await mlrun(["--pty", ...shell("echo one; echo two >&2; exit 3")], { env });
    expect(piped).toMatchObject({ code: 3, stdout: "one\ntwo\n" });
    const [file, ...args] = program("mlrun", "--pty", "--", "sh", "-c", "echo ready; read -r x; echo got:$x");
    const inside = [file, ...args].map((word) => `'${word}'`).join(" ");
    const terminal = start("script", ["-qefc", `exec ${inside}`, "/dev/null"], { env, detached: true });
    await terminal.waitFor(/ready/);
    terminal.stdin?.write("word\r");
    await terminal.waitFor(/got:word/);
  });

  test("of --pty end a loop around mlrun by Ctrl-C, as without it", async () => {
    const { env } = await place();
    const inside = program("mlrun", "--pty", "--", "sh", "-c", "echo started; exec sleep 60");
    const words = inside.map((word) => `"${word}"`).join(" ");
    const folder = await tempFolder();
    await writeFile(join(folder, "loop"), `for i in 1 2 3; do ${words}; done\n`);
    const loop = start("script", ["-qefc", `exec bash ${join(folder, "loop")}`, "/dev/null"], { env, detached: true });
    await loop.waitFor(/started/);
    loop.stdin?.write("\x03");
    await loop.ended;
    expect(loop.output().match(/started/g)).toHaveLength(1);
  });

  test("leave PYTHONUNBUFFERED alone with --buffered", async () => {
    const { env } = await place();
    const script = shell('echo "<$PYTHONUNBUFFERED>"');
    expect((await mlrun(script, { env })).stdout).toBe("<1>\n");
    expect((await mlrun(["--buffered", ...script], { env })).stdout).toBe("<>\n");
  });

  test("that cannot be shown make an mlrun fail whose command did not", async () => {
    const { env } = await place();
    const [file, ...args] = program("mlrun", "--", "echo", "out");
    const full = await run("sh", ["-c", '"$@" >/dev/full', "sh", file, ...args], { env, detached: true });
    expect(full).toMatchObject({ code: 1, stderr: expect.stringMatching(/^mlrun: Cannot show stdout: ENOSPC/) });
  });
});

test("the exit is sent at once, and END once what the command left behind has printed", async () => {
  const { relay, env } = await place();
  await relay.start();
  const leave = join(await tempFolder(), "leave");
  const script = `(until [ -e ${leave} ]; do sleep 0.1; done; echo late) & echo early; exit 3`;
  // Its output ends with the last that holds it, as without mlrun.
  const running = mlrun(["--id", ID, ...shell(script)], { env });
  const seen = await poll("a beat with the exit", async () => {
    const frames = await relay.frames();
    return frames.find(({ type, text }) => type === "beat" && text.includes("{")) && frames;
  });
  expect(seen.some(({ type }) => type === "end")).toBe(false);
  await writeFile(leave, "");
  expect(await running).toMatchObject({ code: 3, stdout: "early\nlate\n" });
  const { stdout, end, frames } = await relay.execution(ID);
  expect(stdout.toString()).toBe("early\nlate\n");
  expect(end).toMatchObject({ code: 3, cutShort: false });
  const [beat] = frames.filter(({ type }) => type === "beat");
  expect(JSON.parse(beat?.text.slice(beat.text.indexOf(" ")) ?? "")).toMatchObject({ code: 3, signal: null });
});
