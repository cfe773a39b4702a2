import { spawn } from "node:child_process";
import { join } from "node:path";
import { RUN_LIMITS } from "./limits.ts";

/**
 * Sends BEGIN through logger, so that the kernel tells the relay who this is. The JSON holds the key: it goes over
 * stdin, never over a command line.
 *
 * @returns Whether the relay's socket took it. False after `announceMs`, too.
 */
export function announce(json: string, runDir: string): Promise<boolean> {
  const socket = join(runDir, "begin.sock");
  const format = ["--rfc5424=notq", "--msgid", "BEGIN", "--tag", "mlrun", "--priority", "user.info"];
  const size = ["--size", String(RUN_LIMITS.beginBytes)];
  const logger = spawn("/usr/bin/logger", ["--socket-errors=on", ...size, ...format, "--socket", socket], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => logger.kill("SIGKILL"), RUN_LIMITS.announceMs);
    const settle = (taken: boolean) => {
      clearTimeout(timer);
      resolve(taken);
    };
    logger.once("error", () => settle(false));
    logger.once("exit", (code) => settle(code === 0));
    // A logger that ended before it read has said so by its exit code.
    logger.stdin.on("error", () => {});
    logger.stdin.end(`${json}\n`);
  });
}
