import { type ChildProcess, spawn } from "node:child_process";

/**
 * Prints the name of each signal that it gets, until its stdin ends. `t` tells an interrupted read from that end.
 * (Where sh is bash, SIGWINCH is told late; a second SIGWINCH does no harm.)
 */
const SCRIPT =
  'for s in INT TERM HUP QUIT USR1 USR2 WINCH; do trap "echo SIG$s; t=1" $s; done; while t=; read -r x || [ $t ]; do :; done';
/** A signal to the group reaches mlrun and the witness within microseconds; a busy machine needs longer. */
const WINDOW_MS = 100;

/**
 * A tiny process in mlrun's own process group. Nobody is told who sent a signal, and to whom: but one that the witness
 * got as well went to the whole group (Ctrl-C, `kill %1`), and one that it did not get to mlrun alone (`kill PID`).
 */
export class Witness {
  readonly #process: ChildProcess;
  /** When it reported each signal last, monotonic milliseconds. One entry a signal. */
  readonly #reportedAtMs = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly #elapsedMs: () => number;

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
    this.#process = spawn("/bin/sh", ["-c", SCRIPT, "mlrun-witness"], { stdio: ["pipe", "pipe", "ignore"], env: {} });
    this.#process.on("error", () => {});
    this.#process.stdin?.on("error", () => {});
    this.#process.stdout?.on("data", (bytes: Buffer) => {
      for (const name of bytes.toString("latin1").split("\n")) this.#report(name);
    });
    // A signal before its traps were set ends it: that is a report, too.
    this.#process.once("exit", (_, signal) => this.#report(signal ?? ""));
  }

  /** Whether the signal that mlrun just got went to the whole group. Settles within the window. */
  gotItToo(signal: NodeJS.Signals): Promise<boolean> {
    const calledAtMs = this.#elapsedMs();
    const reported = () => (this.#reportedAtMs.get(signal) ?? Number.NEGATIVE_INFINITY) > calledAtMs - WINDOW_MS;
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(reported());
      };
      const look = () => {
        if (reported()) settle();
      };
      const timer = setTimeout(settle, WINDOW_MS);
      this.#waiting.add(look);
      look();
    });
  }

  end(): void {
    this.#process.stdin?.destroy();
    this.#process.stdout?.destroy();
    this.#process.unref();
  }

  #report(signal: string): void {
    this.#reportedAtMs.set(signal, this.#elapsedMs());
    for (const look of this.#waiting) look();
  }
}
