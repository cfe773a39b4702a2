import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { afterwards } from "./cleanup.ts";
import { poll } from "./poll.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Exit and output of a program that has ended. */
export interface Result extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  /** stdout before decoding. */
  readonly bytes: Buffer;
}

export interface RunningProcess {
  readonly pid: number;
  readonly stdin: Writable | null;
  /** Everything on stdout and stderr so far, in the order read. */
  output(): string;
  stdout(): Buffer;
  stderr(): Buffer;
  /** The first match in the output, including output from before the call. */
  waitFor(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
  signal(signal: NodeJS.Signals): void;
  /** Closes the reading end of its output. */
  closeOutput(): void;
  /** Settles when it has ended and its pipes are closed. */
  readonly ended: Promise<Exit>;
  /** Sends the signal and waits for the end; after 10 s sends SIGKILL. */
  end(signal?: NodeJS.Signals): Promise<Exit>;
}

export interface StartOptions extends Pick<SpawnOptions, "cwd" | "env" | "uid" | "gid" | "detached"> {
  /** Written to its stdin, which is then closed. Without it, stdin is an open pipe. */
  readonly input?: string | Buffer;
}

const KILL_AFTER_MS = 10_000;

/** Programs that a worker would leave behind if it ended in the middle of a test. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a program; afterwards ends it, by its pid, if it still runs. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): RunningProcess {
  const { input, ...spawnOptions } = options;
  const child = spawn(command, args, { ...spawnOptions, stdio: ["pipe", "pipe", "pipe"] });
  const all: Buffer[] = [];
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  for (const [stream, chunks] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    stream.on("data", (bytes: Buffer) => {
      all.push(bytes);
      chunks.push(bytes);
    });
  }
  // A program may leave its stdin unread: that is no error of the test.
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);

  const ended = waitForEnd(child, (error) => stderr.push(Buffer.from(String(error))));
  let exit: Exit | undefined;
  void ended.then((known) => {
    exit = known;
  });
  const output = () => Buffer.concat(all).toString();
  async function end(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    if (hasEnded(child)) return ended;
    child.kill(signal);
    const killer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    const exit = await ended;
    clearTimeout(killer);
    return exit;
  }
  running.add(child);
  child.once("exit", () => running.delete(child));
  afterwards(async () => void (await end()));

  return {
    pid: child.pid ?? -1,
    stdin: child.stdin,
    output,
    stdout: () => Buffer.concat(stdout),
    stderr: () => Buffer.concat(stderr),
    async waitFor(pattern, withinMs) {
      const what = `${pattern} from ${command} ${args.join(" ")}`;
      try {
        return await poll(what, () => matchOrEnd(output(), pattern, exit), withinMs);
      } catch (error) {
        throw new Error(`${String(error)}\nIts output:\n${output()}`);
      }
    },
    signal: (signal) => void child.kill(signal),
    closeOutput() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    ended,
    end,
  };
}

/** Runs a program to its end. The code is 127 if it cannot be started. */
export async function run(command: string, args: readonly string[], options: StartOptions = {}): Promise<Result> {
  const running = start(command, args, { input: "", ...options });
  const exit = await running.ended;
  const bytes = running.stdout();
  return { ...exit, bytes, stdout: bytes.toString(), stderr: running.stderr().toString() };
}

function matchOrEnd(output: string, pattern: RegExp, exit: Exit | undefined): RegExpMatchArray | undefined {
  const match = output.match(pattern);
  if (match !== null) return match;
  if (exit !== undefined) throw new Error(`Ended with ${exit.code ?? exit.signal} before ${pattern}`);
  return undefined;
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function waitForEnd(child: ChildProcess, onError: (error: unknown) => void): Promise<Exit> {
  try {
    await once(child, "close");
    return { code: child.exitCode, signal: child.signalCode };
  } catch (error) {
    onError(error);
    return { code: 127, signal: null };
  }
}
