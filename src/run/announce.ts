import { spawn } from "node:child_process";
import { join } from "node:path";
import { RUN_LIMITS } from "./limits.ts";

export interface Announcement {
  /** BEGIN's. */
  readonly json: string;
  readonly runDir: string;
  /** Gives it up: a logger that hangs must not outlive mlrun. */
  readonly signal: AbortSignal;
}

/**
 * Sends BEGIN through logger, so that the kernel tells the relay who this is. The JSON holds the key: it goes over
 * stdin, never over a command line.
 *
 * @returns Whether the relay's socket took it. False after `announceMs`, too.
 */
export function announce({ json, runDir, signal }: Announcement): Promise<boolean> {
  const socket = join(runDir, "begin.sock");
  const format = ["--rfc5424=notq", "--msgid", "BEGIN", "--tag", "mlrun", "--priority", "user.info"];
  const args = ["--socket-errors=on", "--size", String(RUN_LIMITS.beginBytes), ...format, "--socket", socket];
  // Whoever is killed by the time-out has no exit code.
  const bounds = { timeout: RUN_LIMITS.announceMs, killSignal: "SIGKILL", signal } as const;
  return new Promise((resolve) => {
    try {
      const logger = spawn("/usr/bin/logger", args, { stdio: ["pipe", "ignore", "ignore"], env: {}, ...bounds });
      logger.once("error", () => resolve(false));
      logger.once("exit", (code) => resolve(code === 0));
      // A logger that ended before it read says so by its exit code.
      logger.stdin.on("error", () => {});
      logger.stdin.end(`${json}\n`);
    } catch {
      // No more processes or descriptors: the command must not suffer from that.
      resolve(false);
    }
  });
}
