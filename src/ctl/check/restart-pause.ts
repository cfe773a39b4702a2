import { execFile } from "node:child_process";

const ASK_WITHIN_MS = 5_000;
/** Shorter than systemd's TimeoutStartSec (90 s), within which the check has to end. */
const PAUSE_MS = 30_000;

export interface RestartPause {
  /** How often systemd has started the unit again by itself since somebody last did. */
  readonly restartsOf: (unit: string) => Promise<number>;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Before a service that cannot start is given up: systemd starts it again after a second, for ever. Whoever starts it by
 * hand gets the answer at once; from the second attempt on, one comes every half minute.
 */
export async function pauseIfRestarted(unit: string, { restartsOf, pause }: RestartPause): Promise<void> {
  if ((await restartsOf(unit)) > 0) await pause(PAUSE_MS);
}

/** By systemctl(1). 0 where systemd does not answer. */
export function restartsOf(unit: string): Promise<number> {
  const args = ["show", "--property=NRestarts", "--value", "--", unit];
  return new Promise((resolve) => {
    execFile("systemctl", args, { timeout: ASK_WITHIN_MS }, (error, stdout) => {
      resolve(error === null ? Number.parseInt(stdout, 10) || 0 : 0);
    });
  });
}
