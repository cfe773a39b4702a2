/** So long a command is silent before its buffer is suspected. */
const SILENT_MS = 60_000;
/** Of one processor: less is a command that waits. */
const BUSY_SHARE = 0.1;

/**
 * Suspects that a command's output waits in a buffer of its own: C, perl and grep gather 4 KiB when they write into a
 * pipe. A command that was silent for a minute and computed meanwhile may have printed.
 */
export class BufferingGuess {
  #before: { readonly atMs: number; readonly cpuMs: number } | undefined;

  /** @param now times in milliseconds; `cpuMs` of the command and its descendants. */
  mayBuffer(now: { readonly atMs: number; readonly idleMs: number; readonly cpuMs: number }): boolean {
    const before = this.#before;
    this.#before = { atMs: now.atMs, cpuMs: now.cpuMs };
    if (before === undefined || now.idleMs < SILENT_MS) return false;
    return now.cpuMs - before.cpuMs >= BUSY_SHARE * (now.atMs - before.atMs);
  }
}
