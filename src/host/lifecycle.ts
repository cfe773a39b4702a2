import type { Log } from "./log.ts";

/** One thing that a daemon starts, and stops again. */
export interface Part {
  readonly name: string;
  start(): Promise<void> | void;
  /** Lets go of everything. Called once, also when `start` failed half-way. */
  stop(): Promise<void> | void;
  /** SIGHUP: reopen files, reload certificates. A failure leaves the old ones in use. */
  reload?(): Promise<void> | void;
}

export interface Lifecycle {
  /** Starts every part, in order. When one fails, stops it and those before it, and throws its error. */
  start(): Promise<void>;
  /** Stops every started part, the last one first. False when not all could be. A second call waits for the first. */
  stop(): Promise<boolean>;
  reload(): Promise<void>;
}

/** For all parts together: systemd and people expect a service to be gone soon after SIGTERM. */
const STOP_WITHIN_MS = 5_000;

/** Starts in order, stops in reverse. The composition root owns the signals, and calls `stop` and `reload`. */
export function createLifecycle(options: { parts: readonly Part[]; log: Log; stopWithinMs?: number }): Lifecycle {
  const { parts, log, stopWithinMs = STOP_WITHIN_MS } = options;
  const started: Part[] = [];
  let stopped: Promise<boolean> | undefined;

  /** A part that hangs is left behind after half of what remains, so that the others can still store and close. */
  async function stopAll(): Promise<boolean> {
    let remainingMs = stopWithinMs;
    let clean = true;
    for (let part = started.pop(); part !== undefined; part = started.pop()) {
      const limitMs = started.length === 0 ? remainingMs : remainingMs / 2;
      const startedAtMs = performance.now();
      clean = (await stopPart(part, limitMs)) && clean;
      remainingMs = Math.max(0, remainingMs - (performance.now() - startedAtMs));
    }
    return clean;
  }

  async function stopPart(part: Part, limitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`not done after ${Math.round(limitMs)} ms`), limitMs);
    });
    const failure = await Promise.race([attempt(() => part.stop()), late]);
    clearTimeout(timer);
    if (failure !== undefined) log.event("error", "cannot stop", { part: part.name, error: failure });
    return failure === undefined;
  }

  return {
    async start() {
      for (const part of parts) {
        if (stopped !== undefined) return;
        started.push(part);
        try {
          await part.start();
        } catch (error) {
          await this.stop();
          throw error;
        }
      }
    },
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
    async reload() {
      for (const part of started) {
        const failure = await attempt(() => part.reload?.());
        if (failure !== undefined) log.event("error", "cannot reload", { part: part.name, error: failure });
      }
    },
  };
}

async function attempt(act: () => Promise<void> | void): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return String(error);
  }
}
