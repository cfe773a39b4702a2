import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { cleanEnvironment, startMlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { type RunningProcess, run, start } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const SIGNALS_PROGRAM = fileURLToPath(new URL("../../fixtures/programs/signals.py", import.meta.url));
const RELAYED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;
const SIGTERM = constants.signals.SIGTERM;
const CTRL_C = "\x03";
const CTRL_Z = "\x1a";
const CTRL_BACKSLASH = "\x1c";

interface Pids {
  readonly parent: number;
  readonly child: number;
  readonly group: number;
}

/** Environment without any relay: the spool of these tests goes away with them. */
async function environment(): Promise<NodeJS.ProcessEnv> {
  const folder = await tempFolder();
  return cleanEnvironment({ MLRUN_RUN_DIR: folder, MLRUN_SPOOL_DIR: `${folder}/spool` });
}

async function pidsOf(running: RunningProcess): Promise<Pids> {
  const [, parent, child, group] = await running.waitFor(/ready (\d+) (\d+) (\d+)/);
  const pids = { parent: Number(parent), child: Number(child), group: Number(group) };
  afterwards(() => {
    for (const pid of [pids.parent, pids.child]) kill(pid, "SIGKILL");
  });
  return pids;
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** How often the program has reported each signal: `{ "parent SIGINT": 1, ... }`. */
function told(running: RunningProcess): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [line] of running.output().matchAll(/(?:parent|child) SIG\w+/g)) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}

/** Waits until parent and child have reported the signal, then as long as a second delivery would take. */
async function expectOnce(running: RunningProcess, signal: string): Promise<void> {
  await poll(`${signal} at both`, () => told(running)[`parent ${signal}`] && told(running)[`child ${signal}`]);
}

function onceEach(signals: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    signals.flatMap((signal) => [
      [`parent ${signal}`, 1],
      [`child ${signal}`, 1],
    ]),
  );
}

describe("without a terminal", () => {
  test("signals to mlrun alone reach the command once; signals to its group reach everybody once", async () => {
    const running = startMlrun(["--", "python3", SIGNALS_PROGRAM], { env: await environment() });
    const pids = await pidsOf(running);
    expect(pids.group).toBe(running.pid);
    for (const signal of RELAYED) {
      process.kill(-running.pid, signal);
      await expectOnce(running, signal);
    }
    expect(told(running)).toEqual(onceEach(RELAYED));
    for (const signal of RELAYED) {
      running.signal(signal);
      await poll(`a second ${signal}`, () => told(running)[`parent ${signal}`] === 2);
    }
    const twice = Object.fromEntries(RELAYED.map((signal) => [`parent ${signal}`, 2]));
    expect(told(running)).toEqual({ ...onceEach(RELAYED), ...twice });
    kill(pids.child, "SIGKILL");
    kill(pids.parent, "SIGKILL");
    expect(await running.ended).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("mlrun stops as the command stops, and a continue continues it", async () => {
    const running = startMlrun(["--", "python3", SIGNALS_PROGRAM], { env: await environment() });
    const pids = await pidsOf(running);
    kill(pids.parent, "SIGSTOP");
    await poll("both stopped", async () => (await state(pids.parent)) === "T" && (await state(running.pid)) === "T");
    running.signal("SIGCONT");
    await poll("SIGCONT", () => told(running)["parent SIGCONT"]);
    expect(await state(pids.parent)).not.toBe("T");
  });
});

test("a second SIGTERM, which comes when the command has ended by the first, loses nothing of what it printed", async () => {
  const command = 'trap "echo ends; exit 5" TERM; echo "ready $$"; while :; do sleep 0.05; done 2>/dev/null';
  const running = startMlrun(["--", "sh", "-c", command], { env: await environment() });
  const [, pid] = await running.waitFor(/ready (\d+)/);
  const pump = await pumpOf(running.pid);
  afterwards(() => kill(pump, "SIGKILL"));
  kill(pump, "SIGSTOP");
  running.signal("SIGTERM");
  await poll("the command's end", async () => (await state(Number(pid))) === undefined);
  running.signal("SIGTERM");
  await poll("mlrun to take the second", async () => !(await isPending(running.pid, SIGTERM)));
  kill(pump, "SIGCONT");
  expect(await running.ended).toEqual({ code: 5, signal: null });
  expect(running.stdout().toString()).toBe(`ready ${pid}\nends\n`);
});

describe("with a terminal", () => {
  test("does not repeat Ctrl-C and signals to the group; passes on signals to mlrun alone", async () => {
    const terminal = startInTerminal(program("mlrun", "--", "python3", SIGNALS_PROGRAM), await environment());
    const pids = await pidsOf(terminal);
    const mlrunPid = pids.group;
    expect(mlrunPid).not.toBe(pids.parent);
    terminal.stdin?.write(CTRL_C);
    await expectOnce(terminal, "SIGINT");
    terminal.stdin?.write(CTRL_BACKSLASH);
    await expectOnce(terminal, "SIGQUIT");
    for (const signal of ["SIGTERM", "SIGUSR1"] as const) {
      process.kill(-mlrunPid, signal);
      await expectOnce(terminal, signal);
    }
    for (const signal of ["SIGHUP", "SIGUSR2", "SIGWINCH"] as const) {
      process.kill(mlrunPid, signal);
      await poll(signal, () => told(terminal)[`parent ${signal}`]);
    }
    // A second delivery of one of them would have come before this.
    process.kill(mlrunPid, "SIGINT");
    await poll("a second SIGINT", () => told(terminal)["parent SIGINT"] === 2);
    const toOne = { "parent SIGHUP": 1, "parent SIGUSR2": 1, "parent SIGWINCH": 1, "parent SIGINT": 2 };
    expect(told(terminal)).toEqual({ ...onceEach(["SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1"]), ...toOne });
  });

  test("reports a new terminal size once, and the command has the terminal", async () => {
    const script = `: </dev/tty && readlink /proc/self/fd/0; exec python3 ${SIGNALS_PROGRAM}`;
    const terminal = startInTerminal(program("mlrun", "--", "sh", "-c", script), await environment());
    await pidsOf(terminal);
    const [tty] = await terminal.waitFor(/\/dev\/pts\/\d+/);
    expect((await run("stty", ["-F", tty, "cols", "99"])).code).toBe(0);
    await expectOnce(terminal, "SIGWINCH");
    terminal.stdin?.write(CTRL_C);
    await expectOnce(terminal, "SIGINT");
    expect(told(terminal)).toEqual(onceEach(["SIGWINCH", "SIGINT"]));
  });

  test("job control works: Ctrl-Z, fg, kill %1", async () => {
    const shell = startInTerminal(["bash", "--norc", "-i"], await environment());
    shell.stdin?.write(`PS1='% '; ${program("mlrun", "--", "python3", SIGNALS_PROGRAM).join(" ")}\n`);
    const pids = await pidsOf(shell);
    shell.stdin?.write(CTRL_Z);
    await shell.waitFor(/Stopped/);
    await poll("mlrun to be stopped", async () => (await state(pids.parent)) === "T");
    shell.stdin?.write("bg\n");
    await expectOnce(shell, "SIGCONT");
    shell.stdin?.write("kill %1\n");
    await expectOnce(shell, "SIGTERM");
    shell.stdin?.write("fg\n");
    await shell.waitFor(/fg\r\n[^\n]*signals\.py\r\n/);
    kill(pids.child, "SIGKILL");
    kill(pids.parent, "SIGKILL");
    shell.stdin?.write("echo code $?\n");
    await shell.waitFor(/code 137/);
    expect(told(shell)).toMatchObject({ "parent SIGTERM": 1, "child SIGTERM": 1 });
  });
});

/** Under util-linux's script, whose stdin is the terminal's keyboard. */
function startInTerminal(command: readonly string[], env: NodeJS.ProcessEnv): RunningProcess {
  const words = command.map((word) => `'${word}'`).join(" ");
  return start("script", ["-qefc", `exec ${words}`, "/dev/null"], { env, detached: true });
}

async function pumpOf(pid: number): Promise<number> {
  const { stdout } = await run("ps", ["-o", "pid=,comm=", "--ppid", `${pid}`]);
  return Number(/(\d+) mlrun-pump/.exec(stdout)?.[1]);
}

/** Whether the signal is sent to the process, but not taken; proc_pid_status(5). */
async function isPending(pid: number, signal: number): Promise<boolean> {
  const { stdout } = await run("cat", [`/proc/${pid}/status`]);
  const mask = BigInt(`0x${/^ShdPnd:\s*(\w+)/m.exec(stdout)?.[1] ?? 0}`);
  return (mask & (1n << BigInt(signal - 1))) !== 0n;
}

/** The letter of the process's state, proc_pid_stat(5). */
async function state(pid: number): Promise<string | undefined> {
  const { stdout } = await run("cat", [`/proc/${pid}/stat`]);
  return /\) (\w)/.exec(stdout)?.[1];
}
