import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { RUN_LIMITS } from "../limits.ts";

/**
 * Sends BEGIN through logger, so that the kernel tells the relay who this is. The JSON holds the key: it goes over
 * stdin, never over a command line.
 */
export class Announcer {
  readonly #json: string;
  readonly #socket: string;
  /** Loggers that have not ended; each is killed after `announceMs`. */
  readonly #running = new Set<ChildProcess>();

  constructor(json: string, runDir: string) {
    this.#json = json;
    this.#socket = join(runDir, "begin.sock");
  }

  /** @returns Whether the relay's socket took it. False after `announceMs`, too. */
  announce(): Promise<boolean> {
    const format = ["--rfc5424=notq", "--msgid", "BEGIN", "--tag", "mlrun", "--priority", "user.info"];
    const size = ["--size", String(RUN_LIMITS.beginBytes)];
    const args = ["--socket-errors=on", ...size, ...format, "--socket", this.#socket];
    return new Promise((resolve) => {
      try {
        const logger = spawn("/usr/bin/logger", args, { stdio: ["pipe", "ignore", "ignore"], env: {} });
        const timer = setTimeout(() => logger.kill("SIGKILL"), RUN_LIMITS.announceMs);
        const settle = (taken: boolean) => {
          clearTimeout(timer);
          this.#running.delete(logger);
          resolve(taken);
        };
        this.#running.add(logger);
        logger.once("error", () => settle(false));
        logger.once("exit", (code) => settle(code === 0));
        // A logger that ended before it read says so by its exit code.
        logger.stdin.on("error", () => {});
        logger.stdin.end(`${this.#json}\n`);
      } catch {
        // No more processes or descriptors: the command must not suffer from that.
        resolve(false);
      }
    });
  }

  /** No logger outlives mlrun, not even one that hangs. */
  end(): void {
    for (const logger of this.#running) logger.kill("SIGKILL");
  }
}
