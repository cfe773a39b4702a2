import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const KILL_AFTER_MS = 6_000;

interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Where the child's own log goes: kept for the message when it fails. */
  readonly quiet: boolean;
}

/** The demo's processes: started and ended here, by pid. */
export class Children {
  readonly #children = new Set<ChildProcess>();
  readonly #env: NodeJS.ProcessEnv;
  #areEnding = false;

  /** @param env Environment of every child. */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** Starts a program. Its stdin is closed, its stdout is a pipe of lines. Throws while they are ending. */
  start(command: string, args: readonly string[], options: StartOptions): ChildProcess {
    if (this.#areEnding) throw new Error(`Cannot start ${command}: the demo is ending`);
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", options.quiet ? "pipe" : "inherit"],
      env: { ...this.#env, ...options.env },
      // The demo handles Ctrl-C itself, and ends its children in order.
      detached: true,
    });
    child.on("exit", () => this.#children.delete(child));
    child.on("error", () => this.#children.delete(child));
    this.#children.add(child);
    return child;
  }

  /** Resolves with the first match in the child's output; rejects with its output if it ends before. */
  async waitFor(child: ChildProcess, pattern: RegExp): Promise<RegExpMatchArray> {
    const said: string[] = [];
    return new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on("line", (line) => {
          if (said.length < 100) said.push(line);
          const match = pattern.exec(line);
          if (match !== null) resolve(match);
        });
      }
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`${child.spawnfile} ended with ${code}:\n${said.join("\n")}`)));
    });
  }

  /** Ends every child that still runs; resolves when all are gone. */
  async end(): Promise<void> {
    this.#areEnding = true;
    await Promise.all([...this.#children].map((child) => endOne(child)));
  }
}

function endOne(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const killer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    child.once("exit", () => {
      clearTimeout(killer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
