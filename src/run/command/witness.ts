import { type ChildProcess, spawn } from "node:child_process";

/**
 * Prints the name of each signal that it gets, and each line that it reads, until its stdin ends. A shell runs the
 * trap of a signal that is pending before it does anything else, so the name always comes before a later line.
 * `t` tells a read that a signal has interrupted from that end.
 */
const SCRIPT = `
  for s in INT TERM HUP QUIT USR1 USR2 WINCH; do trap "echo SIG$s; t=1" $s; done
  while t= x=; read -r x || [ $t ]; do [ "$x" ] && echo "$x"; done`;
const QUESTION = "?";
/** A witness that does not answer for so long is stopped, or the machine is dying. */
const ANSWER_MS = 2_000;
/** The terminal sends these, and always to the group. */
const FROM_TERMINAL: readonly string[] = ["SIGINT", "SIGQUIT", "SIGWINCH"];

/**
 * A tiny process in mlrun's own process group. Nobody is told to whom a signal was sent; but one that the witness got
 * as well went to the whole group (Ctrl-C, `kill %1`), and one that it did not get to mlrun alone (`kill PID`).
 */
export class Witness {
  readonly #process: ChildProcess | undefined;
  /** Signals that it reported and that nobody has asked for yet. */
  readonly #reported = new Set<string>();
  /** Whom the answers are for, oldest first. One a signal that waits. */
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
      // It came before the traps were set.
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

  /** Lines are shorter than what a pipe takes in one piece, so none is ever split. */
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

/** Undefined when there is no memory or no process left for it: the command runs all the same. */
function startWitness(): ChildProcess | undefined {
  try {
    return spawn("/bin/sh", ["-c", SCRIPT, "mlrun-witness"], { stdio: ["pipe", "pipe", "ignore"], env: {} });
  } catch {
    return undefined;
  }
}
