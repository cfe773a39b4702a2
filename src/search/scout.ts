import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { SEARCH_LIMITS } from "./limits.ts";
import { type FoundLines, ScoutOutput } from "./scout-output.ts";

/** "Nothing matched" is success as well (rg(1), EXIT STATUS). */
const SUCCESS: readonly (number | null)[] = [0, 1];

/**
 * A ripgrep that reads a log as stored and prints lines that may match: that takes a fraction of the time that
 * converting the log to text takes.
 */
export class Scout {
  readonly #child: ChildProcess;
  readonly #stdout: Readable;
  readonly #output = new ScoutOutput(SEARCH_LIMITS.maxRecordBytes);
  readonly #ended: Promise<unknown>;
  readonly #timer: NodeJS.Timeout;
  #chunks: Buffer[] = [];
  #error: unknown;
  #named = 0;
  #isOver = false;
  #hasFailed = false;
  #isEnough = false;
  #isQuiet = false;
  #wake: () => void = () => undefined;

  /**
   * @param options.log Its lines, or its file, which is read from the beginning.
   */
  constructor(options: {
    readonly log: AsyncIterable<Buffer> | number;
    readonly args: readonly string[];
    readonly patternFd: number;
  }) {
    const { log, args, patternFd } = options;
    // Reopened, so that it has a file offset of its own (proc(5), "fd").
    const file = typeof log === "number" ? openSync(`/proc/self/fd/${log}`, "r") : undefined;
    const child = spawn("rg", args, { stdio: [file ?? "pipe", "pipe", "ignore", patternFd] });
    if (file !== undefined) closeSync(file);
    const { stdout } = child;
    if (stdout === null) throw new TypeError("ripgrep has no pipe");
    this.#child = child;
    this.#stdout = stdout;
    stdout.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      // Until `next` has taken these lines.
      stdout.pause();
      this.#wake();
    });
    const ended = new Promise<void>((resolve) => {
      const over = (isSuccess: boolean): void => {
        this.#hasFailed ||= !isSuccess;
        this.#isOver = true;
        this.#wake();
        resolve();
      };
      child.once("error", () => over(false));
      child.once("close", (code) => over(SUCCESS.includes(code)));
    });
    const { stdin: pipe } = child;
    this.#ended = typeof log === "number" || pipe === null ? ended : Promise.all([ended, this.#feed(log, pipe)]);
    this.#timer = setInterval(() => {
      this.#isQuiet = true;
      this.#wake();
    }, SEARCH_LIMITS.maxTextWaitsMs);
  }

  /** It may not have named all lines. */
  get hasFailed(): boolean {
    return !this.#isEnough && (this.#hasFailed || this.#output.isBroken);
  }

  /** How many lines it has named. */
  get named(): number {
    return this.#named;
  }

  /** The error that kept the log from being read. */
  get error(): unknown {
    return this.#error;
  }

  /** The next lines; `quiet`: none for a while; undefined: it has ended. */
  async next(): Promise<FoundLines | "quiet" | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        const found = this.#output.push(chunk);
        this.#named += found.numbers.length;
        return found;
      }
      if (this.#isOver) return undefined;
      if (this.#isQuiet) {
        this.#isQuiet = false;
        return "quiet";
      }
      this.#stdout.resume();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #feed(log: AsyncIterable<Buffer>, stdin: Writable): Promise<void> {
    // The scout has ended: its exit code says why.
    stdin.on("error", () => undefined);
    try {
      for await (const lines of log) {
        if (this.#isOver || stdin.destroyed) break;
        await new Promise<void>((resolve) => stdin.write(lines, () => resolve()));
      }
    } catch (error) {
      this.#error = error;
    }
    stdin.end();
  }

  /** Ends it before the end of its log: it has named enough lines. */
  enough(): void {
    this.#isEnough = true;
    this.kill();
  }

  kill(): void {
    this.#hasFailed = true;
    this.#child.kill("SIGKILL");
    this.#chunks = [];
    // A paused pipe would never close.
    this.#stdout.removeAllListeners("data");
    this.#stdout.resume();
  }

  /** Resolves when it has ended and no longer reads the log. */
  async end(): Promise<void> {
    if (!this.#isOver) this.kill();
    clearInterval(this.#timer);
    await this.#ended;
  }
}
