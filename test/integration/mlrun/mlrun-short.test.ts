import { copyFile, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { makeExecutionId } from "../../../src/wire/ids.ts";
import { type DumpRelay, startDumpRelay } from "../../support/dump-relay.ts";
import { fakeRelay } from "../../support/fake-relay.ts";
import { cleanEnvironment, mlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { compileLibrary } from "../../support/preload.ts";
import { run, start } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";
import { socketServer } from "../../support/socket-server.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** What the launcher says when it needs Node and finds none. */
const NEEDED_NODE = /^mlrun: the logger is away \(Cannot start Node: /;

let relay: DumpRelay;
/** mlrun in a folder without Node: what it logs, it logs by itself. */
let alone: string;
beforeAll(async () => {
  relay = await startDumpRelay();
  const folder = await tempFolder();
  alone = join(folder, "mlrun");
  await copyFile(join(ROOT, "dist/src/bin/mlrun"), alone);
  await writeFile(join(folder, "mlrun.conf"), "node=/nonexistent/node\n");
});

async function runAlone(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const x = makeExecutionId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const more = { MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: join(await tempFolder(), "spool"), ...environment };
  const result = await run(alone, ["--id", x, ...words], { env: cleanEnvironment(more), detached: true });
  return { ...result, x };
}

/** The same, repeated if the machine was so busy meanwhile that the command was not short. */
function runShort(words: readonly string[], environment?: Readonly<Record<string, string>>) {
  return poll("a command without Node", async () => {
    const result = await runAlone(words, environment);
    return !NEEDED_NODE.test(result.stderr) && result;
  });
}

describe("a short command", () => {
  test("is logged without Node, byte for byte", async () => {
    const script = "printf ' a\\tb\\\\\\n\\n#012 \\303\\244'; echo err >&2; exit 4";
    const { x, ...result } = await runShort(["--job", "j", "--label", "k=v", "--", "sh", "-c", script]);
    expect(result).toMatchObject({ code: 4, stdout: " a\tb\\\n\n#012 \u00e4", stderr: "err\n" });
    const { begin, stdout, stderr, end } = await relay.execution(x);
    expect(begin).toMatchObject({ job: "j", labels: { k: "v" }, argv: ["sh", "-c", script] });
    expect([stdout.toString(), stderr.toString()]).toEqual([result.stdout, "err\n"]);
    expect(end).toMatchObject({ code: 4, lines: { stdout: 3, stderr: 1 }, cutShort: false });
  });

  test("of a site that only names its viewer is sent the same way", async () => {
    const config = join(await tempFolder(), "mlrun.toml");
    await writeFile(config, '# of this site\n\r\n viewer = "https://logs.example.org"\r\n');
    const { x, stderr } = await runShort(["--", "echo", "out"], { MLRUN_CONFIG: config });
    expect(stderr).toBe("");
    expect((await relay.execution(x)).stdout.toString()).toBe("out\n");
  });

  test("of a batch system's array is sent the same way, with its label", async () => {
    const variables = { SLURM_JOB_ID: "815", SLURM_ARRAY_JOB_ID: "813", SLURM_ARRAY_TASK_ID: "3", SLURM_PROCID: "0" };
    const { x, stderr } = await runShort(["--label", "k=v", "--", "echo", "out"], variables);
    expect(stderr).toBe("");
    expect((await relay.execution(x)).begin).toMatchObject({
      job: "813",
      run: "slurm:813",
      labels: { k: "v", task: "3" },
    });
  });

  test.each([
    ["of a site with settings", 'mask-argv = ["x"]\n', ["--", "true"]],
    ["of a site whose settings have a fault", 'viewer = "https://logs.example.org\n', ["--", "true"]],
    ["that prints much", "", ["--", "seq", "3000"]],
    ["that redraws a row", "", ["--", "printf", "a\\rb\\n"]],
    ["with a secret", "", ["--", "echo", "--token=x"]],
  ])("%s needs Node", async (_, settings, words) => {
    const config = join(await tempFolder(), "mlrun.toml");
    await writeFile(config, settings);
    expect((await runAlone(words, { MLRUN_CONFIG: config })).stderr).toMatch(NEEDED_NODE);
  });

  test("needs Node when the spool has something to deliver", async () => {
    const spool = await tempFolder();
    for (const name of ["x.damaged", "x.raw-damaged", "spool"]) await writeFile(join(spool, name), "");
    expect((await runShort(["--", "true"], { MLRUN_SPOOL_DIR: spool })).stderr).toBe("");
    for (const kind of ["spool", "busy", "raw", "raw-busy", "notify", "notify-busy"]) {
      const other = await tempFolder();
      await writeFile(join(other, `x.${kind}`), "");
      expect((await runAlone(["--", "true"], { MLRUN_SPOOL_DIR: other })).stderr, kind).toMatch(NEEDED_NODE);
    }
  });
});

describe("the output is shown and the code comes back", () => {
  const words = ["--", "sh", "-c", "echo out; exit 3"];

  test.each(["a pipe", "an endless device", "a folder"])("although the settings are %s", async (kind) => {
    const folder = await tempFolder();
    const pipe = join(folder, "mlrun.toml");
    if (kind === "a pipe") await run("mkfifo", [pipe]);
    const config = kind === "a pipe" ? pipe : kind === "a folder" ? folder : "/dev/zero";
    const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_CONFIG: config });
    const x = makeExecutionId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
    const result = await mlrun(["--id", x, ...words], { env });
    expect(result).toMatchObject({ code: 3, stdout: "out\n", stderr: "" });
    expect((await relay.execution(x)).end).toMatchObject({ code: 3 });
  });

  test.each(["MLRUN_CONFIG", "MLRUN_SPOOL_DIR"])("although the place of %s does not answer", async (name) => {
    const folder = await tempFolder();
    const answers = join(folder, "answers");
    await run("mkfifo", [answers]);
    const preload = { LD_PRELOAD: await compileLibrary("hung_files", folder), ANSWERS: answers };
    const places = {
      MLRUN_RUN_DIR: relay.runDir,
      MLRUN_SPOOL_DIR: join(folder, "spool"),
      [name]: join(folder, "hung/x"),
    };
    const running = start(alone, words, { env: cleanEnvironment({ ...preload, ...places }), detached: true });
    const shown = await running.waitFor(/out\n/).finally(async () => {
      const pipe = await open(answers, "r+");
      await running.ended;
      await pipe.close();
    });
    expect(shown[0]).toBe("out\n");
    expect(await running.ended).toMatchObject({ code: 3 });
  });
});

describe("a gate that fails while the launcher hands over", () => {
  test.each([
    ["and closes at once", ""],
    ["and closes after BEGIN", "K"],
    ["and says what it cannot know", "T"],
    ["and speaks another protocol", "KX"],
  ])("%s: Node hands everything over again", async (_, answers) => {
    const received = await poll("a hand-over by the launcher", async () => {
      const connections = await handOver(answers);
      return connections[0]?.includes('"code":3') === true && connections;
    });
    const [first, second, ...more] = received;
    expect(more).toEqual([]);
    expect(first).toMatch(/^B .*\n\{.*\}\d+ <14>1 .*\] 1 out\d+ <14>1 .*\] 1 \{"code":3,/s);
    // The same frames, but for the time at which END was made.
    const withoutEnd = (text = "") => text.slice(0, text.lastIndexOf("<14>1 "));
    expect(withoutEnd(second)).toBe(withoutEnd(first));
  });

  test("and answers nothing: Node asks again after its time", async () => {
    const received = await poll("a hand-over by the launcher", async () => {
      const path = join(await tempFolder(), "mlrun.sock");
      const relay = await fakeRelay(path, { reads: (connection) => (connection === 0 ? "nothing" : "all") });
      const { stderr } = await mlrun(["--run-dir", dirname(path), "--", "echo", "out"]);
      return stderr === "" && relay.received;
    });
    expect(received[1]?.toString()).toContain("] 1 out");
  });
});

/** What mlrun brings a gate that gives its first connection these answers, and takes the second: of each connection. */
async function handOver(answers: string): Promise<string[]> {
  const path = join(await tempFolder(), "mlrun.sock");
  const received: Buffer[] = [];
  await socketServer(path, (socket, index) => {
    socket.once("data", () => index > 0 && socket.write("K"));
    socket.on("data", (bytes: Buffer) => {
      received[index] = Buffer.concat([received[index] ?? Buffer.alloc(0), bytes]);
    });
    socket.on("end", () => socket.end(index > 0 ? "T" : answers));
    socket.resume();
  });
  const result = await mlrun(["--run-dir", dirname(path), "--", "sh", "-c", "echo out; exit 3"]);
  expect(result).toMatchObject({ code: 3, stdout: "out\n" });
  return received.map((bytes) => bytes.toString());
}
