import type { ChildProcess } from "node:child_process";
import { spawn } from "./spawn.ts";

/**
 * Prints the name of each signal that it gets, and each line that it reads, until its stdin ends. A shell runs the trap
 * of a pending signal before anything else, so the name always comes before a later line. `t` distinguishes an
 * interrupted read from the end of stdin.
 */
const SCRIPT = `
  for s in INT TERM HUP QUIT USR1 USR2 WINCH; do trap "echo SIG$s; t=1" $s; done
  while t= x=; read -r x || [ $t ]; do [ "$x" ] && echo "$x"; done`;
const QUESTION = "?";
/** A witness that does not answer for this long is stopped, or the machine is failing. */
const ANSWER_MS = 2_000;
/** Signals of the terminal, which always go to the group. */
const FROM_TERMINAL: readonly string[] = ["SIGINT", "SIGQUIT", "SIGWINCH"];

/**
 * A tiny process in mlrun's own process group. A signal does not show to whom it was sent. But if the witness got it as
 * well, it went to the whole group (Ctrl-C, `kill %1`), otherwise to mlrun alone (`kill PID`).
 */
export class Witness {
  readonly #process: ChildProcess | undefined;
  /** Reported signals that nobody has asked about yet. */
  readonly #reported = new Set<string>();
  /** Callers that wait for answers, oldest first. One per waiting signal. */
  #asking: (() => void)[] = [];
  #gone = false;

  constructor() {
    const witness = startWitness();
    this.#process = witness;
    if (witness === undefined) {
      this.#leave();
      return;
    }
    witness.stdin?.on("error", () => {});
    witness.stdout?.on("data", (bytes: Buffer) => this.#read(bytes.toString("latin1")));
    witness.once("error", () => this.#leave());
    witness.once("exit", (_, signal) => {
      // The signal arrived before the traps were set.
      if (signal !== null) this.#reported.add(signal);
      this.#leave();
    });
  }

  /** Whether the signal that mlrun just got went to the whole group. Settles in bounded time. */
  async gotItToo(signal: NodeJS.Signals): Promise<boolean> {
    if (!this.#gone) await this.#answer();
    return this.#reported.delete(signal) || (this.#gone && FROM_TERMINAL.includes(signal));
  }

  end(): void {
    this.#leave();
    this.#process?.stdin?.destroy();
    this.#process?.stdout?.destroy();
    this.#process?.unref();
  }

  #answer(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ANSWER_MS);
      this.#asking.push(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#process?.stdin?.write(`${QUESTION}\n`);
    });
  }

  /** Lines are shorter than a pipe's atomic writes, so none is ever split. */
  #read(lines: string): void {
    for (const line of lines.trimEnd().split("\n")) {
      if (line === QUESTION) this.#asking.shift()?.();
      else this.#reported.add(line);
    }
  }

  #leave(): void {
    this.#gone = true;
    for (const answer of this.#asking) answer();
    this.#asking = [];
  }
}

/** Undefined if memory or processes have run out: the command runs all the same. */
function startWitness(): ChildProcess | undefined {
  try {
    return spawn("/bin/sh", ["-c", SCRIPT, "mlrun-witness"], { stdio: ["pipe", "pipe", "ignore"], env: {} });
  } catch {
    return undefined;
  }
}
