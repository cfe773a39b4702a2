import { describe, expect, test } from "vitest";
import { type DumpRelay, startDumpRelay } from "../../support/dump-relay.ts";
import { type Frame, linesOf } from "../../support/frames.ts";
import { cleanEnvironment, mlrun, startMlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { program } from "../../support/programs.ts";

const ID = "01JCABCDEFGHJKMNPQRSTVWXYZ";

const shell = (script: string) => ["--", "sh", "-c", script];

describe("what a command prints", () => {
  test("reaches the relay with its stream, exit code and user", async () => {
    const relay = await startDumpRelay();
    const result = await mlrun([
      "--run-dir",
      relay.runDir,
      "--label",
      "k=v",
      ...shell("echo out; echo err >&2; exit 3"),
    ]);
    expect(result).toMatchObject({ code: 3, stdout: "out\n", stderr: "err\n" });
    const { begin, uid, end, stdout, stderr, frames } = await relay.execution();
    expect(uid).toBe(process.getuid?.());
    expect(begin).toMatchObject({
      job: begin.x,
      argv: ["sh", "-c", "echo out; echo err >&2; exit 3"],
      labels: { k: "v" },
    });
    expect(begin.cwd).toBe(process.cwd());
    expect([stdout.toString(), stderr.toString()]).toEqual(["out\n", "err\n"]);
    expect(end).toMatchObject({
      code: 3,
      signal: null,
      cutShort: false,
      printed: { stdout: 4, stderr: 4 },
      lines: { stdout: 1, stderr: 1 },
    });
    for (const frame of frames)
      expect(frame).toMatchObject({ x: begin.x, key: begin.k, node: begin.node, pid: begin.pid });
  });

  test("reaches the relay byte for byte", async () => {
    const relay = await startDumpRelay();
    const script = `
      const all = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte));
      const nasty = [all, "\\n", all.toReversed(), "\\r\\n\\n \\n  \\n#011\\n\\\\n\\n", "x".repeat(30000), "\\n", "\\u2028".repeat(3000)];
      for (const piece of nasty) require("fs").writeSync(1, piece);`;
    const result = await mlrun(["--run-dir", relay.runDir, "--raw", "--", process.execPath, "-e", script]);
    expect(result.bytes.length).toBeGreaterThan(39_000);
    expect((await relay.execution()).stdout).toEqual(result.bytes);
  });

  test("arrives whole when it is a lot, on both streams", async () => {
    const relay = await startDumpRelay();
    const script = "seq 1 300000; seq 1 100000 >&2";
    const result = await mlrun(["--run-dir", relay.runDir, "--quiet", ...shell(script)]);
    expect(result).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const { stdout, stderr, frames, end } = await relay.execution();
    expect([stdout.length, stderr.length]).toEqual([1_988_895, 588_895]);
    // On a busy machine the rest of a line may come so late that its beginning goes ahead, as of a prompt.
    const ahead = (of: string) => frames.filter(({ stream, fragment }) => stream === of && fragment).length;
    expect(end).toMatchObject({
      lines: { stdout: 300_000 + ahead("stdout"), stderr: 100_000 + ahead("stderr") },
      printed: { stdout: 1_988_895, stderr: 588_895 },
    });
  });

  test("appears at once as a prompt, and continues where it stopped", async () => {
    const relay = await startDumpRelay();
    const running = startMlrun(["--run-dir", relay.runDir, ...shell("printf 'name: '; read name; echo hello $name")]);
    await running.waitFor(/name: /);
    const fragment = await waitForFragment(relay, "name:\\x20");
    expect(fragment).toMatchObject({ n: 1, count: 1, stream: "stdout" });
    running.stdin?.end("alice\n");
    expect(await running.ended).toMatchObject({ code: 0 });
    expect((await relay.execution()).stdout.toString()).toBe("name: hello alice\n");
  });

  test("has its redraws thinned, keeping the last and counting the rest; --raw keeps all", async () => {
    const relay = await startDumpRelay();
    const script = "i=0; while [ $i -lt 500 ]; do printf '%d%%\\r' $i; i=$((i+1)); done; echo done";
    const printed = Array.from({ length: 500 }, (_, at) => `${at}%\r`).join("");
    const result = await mlrun(["--run-dir", relay.runDir, "--id", ID, ...shell(script)]);
    expect(result.stdout).toBe(`${printed}done\n`);
    const { stdout, end } = await relay.execution(ID);
    expect(stdout.toString()).toMatch(/^0%\r.*499%\rdone\n$/s);
    expect(stdout.length).toBeLessThan(printed.length / 4);
    expect(end.thinned).toEqual({ stdout: result.bytes.length - stdout.length, stderr: 0 });

    const raw = ID.replace("01JC", "01JD");
    await mlrun(["--run-dir", relay.runDir, "--id", raw, "--raw", ...shell(script)]);
    expect((await relay.execution(raw)).stdout).toEqual(result.bytes);
  });

  test("goes one line a frame when asked to", async () => {
    const relay = await startDumpRelay();
    await mlrun(["--run-dir", relay.runDir, "--one-line-frames", ...shell("seq 1 20")]);
    const lines = (await relay.execution()).frames.filter(({ type }) => type === "lines");
    expect(lines.flatMap(linesOf).map(String)).toEqual(Array.from({ length: 20 }, (_, at) => String(at + 1)));
    expect(lines.every(({ count }) => count === 1)).toBe(true);
  });
});

describe("an execution", () => {
  test("inherits the job of the outer one, and passes both to the command", async () => {
    const relay = await startDumpRelay();
    const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir });
    const [inner, ...innerArgs] = program("mlrun", "--id", ID);
    const script = `echo $MLRUN_ID $MLRUN_JOB $PYTHONUNBUFFERED; "$@" -- sh -c 'echo $MLRUN_ID $MLRUN_JOB'`;
    const result = await mlrun(["--job", "big one", "--", "sh", "-c", script, "sh", inner, ...innerArgs], { env });
    const [own, nested] = result.stdout.trim().split("\n");
    expect(own).toMatch(/^\w{26} big one 1$/);
    expect(nested).toBe(`${ID} big one`);
    const { begin } = await relay.execution(ID);
    expect(begin.job).toBe("big one");
  });

  test("takes job and labels from Slurm and MPI, and keeps a PYTHONUNBUFFERED that is set", async () => {
    const relay = await startDumpRelay();
    const env = cleanEnvironment({
      SLURM_JOB_ID: "77",
      SLURM_ARRAY_TASK_ID: "5",
      OMPI_COMM_WORLD_RANK: "3",
      PYTHONUNBUFFERED: "x",
    });
    const result = await mlrun(["--run-dir", relay.runDir, ...shell("echo $PYTHONUNBUFFERED")], { env });
    expect(result.stdout).toBe("x\n");
    expect((await relay.execution()).begin).toMatchObject({ job: "77", labels: { rank: "3", task: "5" } });
  });

  test("keeps its key out of the command line and environment of everything it starts", async () => {
    const relay = await startDumpRelay();
    const script = "cat /proc/*/cmdline /proc/*/environ 2>/dev/null | tr '\\0' '\\n'";
    const result = await mlrun(["--run-dir", relay.runDir, ...shell(script)]);
    const { begin } = await relay.execution();
    expect(result.stdout).toContain(begin.x);
    expect(result.stdout).not.toContain(begin.k);
  });
});

function waitForFragment(relay: DumpRelay, text: string): Promise<Frame> {
  return poll("a fragment", async () => (await relay.frames()).find((frame) => frame.fragment && frame.text === text));
}
