/** Silence before buffering is suspected. */
const SILENT_MS = 60_000;
/** Least share of one processor: below it, the command is waiting rather than computing. */
const BUSY_SHARE = 0.1;

/**
 * Guesses whether a command's output is waiting in the command's own buffer: C, perl and grep gather 4 KiB when they
 * write to a pipe. A command that computed during a minute of silence may have printed.
 */
export class BufferingGuess {
  #before: { readonly atMs: number; readonly cpuMs: number } | undefined;

  /** @param now Times in milliseconds; `cpuMs` is that of the command and its descendants. */
  mayBuffer(now: { readonly atMs: number; readonly idleMs: number; readonly cpuMs: number }): boolean {
    const before = this.#before;
    this.#before = { atMs: now.atMs, cpuMs: now.cpuMs };
    if (before === undefined || now.idleMs < SILENT_MS) return false;
    return now.cpuMs - before.cpuMs >= BUSY_SHARE * (now.atMs - before.atMs);
  }
}
