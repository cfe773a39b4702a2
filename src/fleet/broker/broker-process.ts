import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Log } from "../../host/log.ts";

interface BrokerProcessOptions {
  /** Its configuration. */
  readonly config: string;
  readonly log: Log;
  /** Called when it exited unexpectedly and is restarted. */
  readonly onRestart: () => void;
}

const START_WITHIN_MS = 20_000;
const FIRST_BACK_OFF_MS = 250;
const MAX_BACK_OFF_MS = 30_000;
const KILL_AFTER_MS = 2_000;
/** `nats-server` is in /usr/sbin, which is not in every user's PATH. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The broker as a child: it ends with its parent, even a killed one, and is restarted after an unexpected exit. */
export class BrokerProcess {
  readonly #options: BrokerProcessOptions;
  #child: ChildProcess | undefined;
  #failures = 0;
  #isStopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BrokerProcessOptions) {
    this.#options = options;
  }

  /** Resolves with its port once it listens. Rejects if it exits first. */
  start(): Promise<number> {
    const { config, log } = this.#options;
    // The shell's exec suffices for signals, but only prctl(2) ends an orphan.
    const words = ["--pdeathsig", "KILL", "nats-server", "-c", config];
    const child = spawn("setpriv", words, { detached: true, stdio: ["ignore", "ignore", "pipe"], env: { PATH } });
    this.#child = child;
    const said: string[] = [];
    let port = 0;
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        reject(new Error(`Cannot start the fleet's broker (nats-server): ${reason}`));
      };
      const timer = setTimeout(() => fail(`not ready after ${START_WITHIN_MS} ms`), START_WITHIN_MS);
      createInterface({ input: child.stderr }).on("line", (line) => {
        if (/\[(ERR|FTL)\]|^nats-server:|^setpriv:/.test(line)) {
          if (said.length < 5) said.push(line.replace(/^\[\d+\] /, ""));
          log.event("warning", "the broker says", { line });
        }
        port = Number(/Listening for client connections on .*:(\d+)$/.exec(line)?.[1] ?? port);
        if (line.includes("Server is ready")) {
          clearTimeout(timer);
          this.#failures = 0;
          resolve(port);
        }
      });
      child.once("error", (error) => fail(error.message));
      child.once("exit", (code, signal) => {
        clearTimeout(timer);
        fail(said.join("; ") || `it ended with ${signal ?? code}`);
        this.#again(code, signal);
      });
    });
  }

  /** Reloads its configuration. */
  reload(): void {
    this.#child?.kill("SIGHUP");
  }

  /** For tests of its end. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const killer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    await ended;
    clearTimeout(killer);
  }

  #again(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isStopping) return;
    const afterMs = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** this.#failures);
    this.#failures += 1;
    const how = signal ?? String(code);
    this.#options.log.event("error", "the fleet's broker has ended: it starts again", { how, afterMs });
    this.#options.onRestart();
    this.#timer = setTimeout(() => void this.start().catch(() => {}), afterMs);
  }
}
