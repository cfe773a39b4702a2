import { execFile } from "node:child_process";

const ASK_WITHIN_MS = 5_000;
/** Shorter than systemd's TimeoutStartSec (90 s), within which the check must end. */
const PAUSE_MS = 30_000;

interface RestartPause {
  /** How often systemd has restarted the unit by itself since its last manual start. */
  readonly restartsOf: (unit: string) => Promise<number>;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Delays the failure of a service that cannot start: systemd restarts it after a second, for ever. A manual start gets
 * the answer at once; from the second attempt on, one comes every half minute.
 */
export async function pauseIfRestarted(unit: string, { restartsOf, pause }: RestartPause): Promise<void> {
  if ((await restartsOf(unit)) > 0) await pause(PAUSE_MS);
}

/** Asks systemctl(1). 0 if systemd does not answer. */
export function restartsOf(unit: string): Promise<number> {
  const args = ["show", "--property=NRestarts", "--value", "--", unit];
  return new Promise((resolve) => {
    execFile("systemctl", args, { timeout: ASK_WITHIN_MS }, (error, stdout) => {
      resolve(error === null ? Number.parseInt(stdout, 10) || 0 : 0);
    });
  });
}
