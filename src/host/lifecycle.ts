import type { Log } from "./log.ts";

/** One thing that a daemon starts and stops. */
export interface Part {
  readonly name: string;
  /** `stopping` is aborted when a stop is requested meanwhile: a slow start gives up then. */
  start(stopping: AbortSignal): Promise<void> | void;
  /** Releases everything. Called once, after `start` has ended, even if it failed half-way. */
  stop(): Promise<void> | void;
  /** SIGHUP: reopen files, reload certificates. A failure leaves the old ones in use. */
  reload?(): Promise<void> | void;
}

export interface Lifecycle {
  /** Starts every part, in order. If one fails, stops it and those before it, and throws its error. */
  start(): Promise<void>;
  /**
   * Stops every started part in reverse order, and starts no more. False if any could not be stopped. A second call
   * waits for the first.
   */
  stop(): Promise<boolean>;
  reload(): Promise<void>;
}

/** Time for all parts together: systemd and people expect a service to be gone soon after SIGTERM. */
const STOP_WITHIN_MS = 5_000;

/** Starts in order, stops in reverse. The composition root owns the signals, and calls `stop` and `reload`. */
export function createLifecycle(options: { parts: readonly Part[]; log: Log; stopWithinMs?: number }): Lifecycle {
  const { parts, log, stopWithinMs = STOP_WITHIN_MS } = options;
  const started: Part[] = [];
  const stopping = new AbortController();
  /** The start of the last part in `started`; `start` itself reports whether it failed. */
  let starting: Promise<unknown> = Promise.resolve();
  let stopped: Promise<boolean> | undefined;

  /** A part that hangs is abandoned after half of the remaining time, so that the others can still store and close. */
  async function stopAll(): Promise<boolean> {
    const endAtMs = performance.now() + stopWithinMs;
    const remainingMs = () => Math.max(0, endAtMs - performance.now());
    stopping.abort();
    const hangs = await within(remainingMs() / 2, () => starting);
    if (hangs !== undefined) log.event("error", "part is still starting", { part: started.at(-1)?.name, error: hangs });
    let clean = hangs === undefined;
    for (let part = started.pop(); part !== undefined; part = started.pop()) {
      const limitMs = started.length === 0 ? remainingMs() : remainingMs() / 2;
      clean = (await stopPart(part, limitMs)) && clean;
    }
    return clean;
  }

  async function stopPart(part: Part, limitMs: number): Promise<boolean> {
    const failure = await within(limitMs, () => part.stop());
    if (failure !== undefined) log.event("error", "cannot stop", { part: part.name, error: failure });
    return failure === undefined;
  }

  return {
    async start() {
      for (const part of parts) {
        if (stopped !== undefined) return;
        started.push(part);
        const start = (async () => part.start(stopping.signal))();
        starting = start.catch(() => {});
        try {
          await start;
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

/** The reason if `act` failed or took too long. In the latter case it keeps running. */
async function within(limitMs: number, act: () => unknown): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not done after ${Math.round(limitMs)} ms`), limitMs);
  });
  const failure = await Promise.race([attempt(act), late]);
  clearTimeout(timer);
  return failure;
}

async function attempt(act: () => unknown): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return String(error);
  }
}
