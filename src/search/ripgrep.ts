import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

const MAX_MESSAGE_BYTES = 4_096;
/** "Cannot match" and "nothing matched" are success (rg(1), EXIT STATUS). */
const SUCCESS: readonly (number | null)[] = [0, 1];

/** ripgrep refused the pattern or failed; `isMissing`: it is not installed. */
export class RipgrepError extends Error {
  readonly isMissing: boolean;

  constructor(message: string, isMissing = false) {
    super(message);
    this.isMissing = isMissing;
  }
}

/** One ripgrep: takes text, passes on what it prints, and can be killed at any moment. */
export class Ripgrep {
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #stdout: Readable;
  readonly #ended: Promise<void>;
  #isKilled = false;
  #isClosed = false;
  #onRoom: () => void = () => undefined;

  /** @param options.patternFd stays open in this process; ripgrep reads it from its beginning. */
  constructor(options: {
    readonly args: readonly string[];
    readonly patternFd: number;
    /** Gets its output. */
    readonly reader: { push(output: Buffer): void };
  }) {
    const child = spawn("rg", options.args, { stdio: ["pipe", "pipe", "pipe", options.patternFd] });
    const { stdin, stdout, stderr } = child;
    if (stdin === null || stdout === null || stderr === null) throw new TypeError("ripgrep has no pipes");
    this.#child = child;
    this.#stdin = stdin;
    this.#stdout = stdout;
    const { reader } = options;
    stdout.on("data", (chunk: Buffer) => this.#isKilled || reader.push(chunk));
    let message = "";
    stderr.setEncoding("utf8").on("data", (text: string) => {
      message = (message + text).slice(0, MAX_MESSAGE_BYTES);
    });
    // ripgrep ended before it had read everything: its exit code says why.
    stdin.on("error", () => this.#onRoom());
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", (error) => {
        this.#isClosed = true;
        const isMissing = "code" in error && error.code === "ENOENT";
        reject(new RipgrepError(error.message, isMissing));
        this.#onRoom();
      });
      child.once("close", (code) => {
        this.#isClosed = true;
        if (this.#isKilled || SUCCESS.includes(code)) resolve();
        else reject(new RipgrepError(message.trim() || `ripgrep ended with ${code ?? child.signalCode}`));
        this.#onRoom();
      });
    });
    // `end` reports the failure; until it is called, nothing else handles it.
    this.#ended.catch(() => undefined);
  }

  /** Resolves when ripgrep runs; rejects with RipgrepError if it is not installed. */
  started(): Promise<void> {
    if (this.#child.pid === undefined) return this.#ended;
    return Promise.resolve();
  }

  /** Undefined if the pipe has taken it: then the buffer may be reused, and more written at once. */
  write(text: Buffer): Promise<void> | undefined {
    if (this.#isClosed || this.#isKilled || this.#stdin.destroyed) return undefined;
    let taken: () => void = () => undefined;
    this.#stdin.write(text, () => taken());
    // A pipe with room takes it during the call.
    if (this.#stdin.writableLength === 0) return undefined;
    return new Promise((resolve) => {
      taken = resolve;
      this.#onRoom = resolve;
    });
  }

  /** Ends the input. Resolves when ripgrep has ended; rejects with RipgrepError. */
  end(): Promise<void> {
    this.#stdin.end();
    return this.#ended;
  }

  kill(): void {
    this.#isKilled = true;
    this.#child.kill("SIGKILL");
    // A paused pipe would never close.
    this.#stdout.resume();
    this.#onRoom();
  }

  /** Stops reading its output, which comes faster than it is used. */
  pause(): void {
    this.#stdout.pause();
  }

  resume(): void {
    this.#stdout.resume();
  }
}
