import type { RetentionConfig } from "../host/config-retention.ts";
import type { Log } from "../host/log.ts";
import type { DiskForecast } from "./disk-forecast.ts";
import type { KeptStore } from "./ports.ts";
import type { Sweeper } from "./sweeper.ts";

/** How often everything is swept, and how often only the free space is checked. */
const SWEEP_EVERY_MS = 600_000;
const LOOK_EVERY_MS = 5_000;
/** Delay of the first sweep: executions that were running are loaded by then. */
const FIRST_SWEEP_AFTER_MS = 60_000;
/** Delay after a sweep for space that freed nothing: the next one would look through everything again. */
const NEXT_TRY_AFTER_MS = 30_000;

/** Why nothing is stored, in `/healthz` and the log. */
export const ONLY_HELD_LEFT = "min-free: all that is left is running or kept";

interface KeeperOptions {
  readonly sweeper: Pick<Sweeper, "sweep" | "lackingBytes">;
  readonly store: Pick<KeptStore, "holdBack" | "disk">;
  readonly policy: RetentionConfig;
  readonly forecast: DiskForecast;
  readonly oldFiles: () => Promise<void>;
  readonly log: Log;
  readonly nowMs: () => number;
}

/** Sweeps by the clock, and as soon as too little space is free; one sweep at a time. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #stopped = new AbortController();
  readonly #isActive: boolean;
  #timer: NodeJS.Timeout | undefined;
  #sweepAtMs = Number.POSITIVE_INFINITY;
  #tryAtMs = 0;
  #running: Promise<void> | undefined;
  #isHolding = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    const { maxAgeMs, bytesPerUser, bytes, minFree, jobs, syslogMaxAgeMs, auditMaxAgeMs } = options.policy;
    const limits = [maxAgeMs, bytesPerUser, bytes, minFree, syslogMaxAgeMs, auditMaxAgeMs];
    this.#isActive = jobs.length > 0 || limits.some((limit) => limit !== undefined);
  }

  start(): void {
    this.#sweepAtMs = this.#options.nowMs() + FIRST_SWEEP_AFTER_MS;
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await this.#running;
  }

  /** Looks at the disk and the clock, and sweeps if there is a reason. */
  async look(): Promise<void> {
    const { forecast, nowMs, sweeper, store } = this.#options;
    const disk = store.disk();
    if (disk !== undefined) forecast.note(disk.freeBytes, nowMs());
    if (!this.#isActive || this.#running !== undefined) return this.#running;
    const isLacking = sweeper.lackingBytes() > 0;
    if (!isLacking) this.#holdBack(false);
    const isDue = nowMs() >= this.#sweepAtMs || (isLacking && nowMs() >= this.#tryAtMs);
    if (!isDue) return;
    this.#running = this.#sweep().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { sweeper, log, nowMs, oldFiles } = this.#options;
    const isWhole = nowMs() >= this.#sweepAtMs;
    if (isWhole) this.#sweepAtMs = nowMs() + SWEEP_EVERY_MS;
    try {
      if (isWhole) await oldFiles();
      const { executions } = await sweeper.sweep(this.#stopped.signal);
      const isLacking = sweeper.lackingBytes() > 0;
      if (isLacking && executions === 0 && !this.#stopped.signal.aborted) {
        this.#tryAtMs = nowMs() + NEXT_TRY_AFTER_MS;
        this.#holdBack(true);
      }
    } catch (error) {
      this.#tryAtMs = nowMs() + NEXT_TRY_AFTER_MS;
      log.event("error", "retention cannot delete: it tries again", { error: String(error) });
    }
  }

  #holdBack(isLacking: boolean): void {
    const { store, log } = this.#options;
    if (isLacking === this.#isHolding) return;
    this.#isHolding = isLacking;
    store.holdBack(isLacking ? ONLY_HELD_LEFT : undefined);
    const next = "release holds (mlctl usage, mlctl release), make the disk larger, or lower min-free";
    if (isLacking) log.event("error", `cannot store: ${ONLY_HELD_LEFT}; relays wait`, { next });
    else log.event("notice", "enough space is free again: storing goes on");
  }
}
