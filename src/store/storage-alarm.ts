import type { Log } from "../host/log.ts";
import { failureCode } from "./storage-error.ts";
import type { StoreMetrics } from "./store-metrics.ts";

/** Whether the collector can store at all: says so once when it stops, and once when it works again. */
export class StorageAlarm {
  readonly #log: Log;
  readonly #metrics: StoreMetrics;
  readonly #path: string;
  #failure: string | undefined;

  constructor(options: { readonly log: Log; readonly metrics: StoreMetrics; readonly path: string }) {
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#path = options.path;
  }

  /** Error code of what fails now ("ENOSPC"), or undefined. */
  get failure(): string | undefined {
    return this.#failure;
  }

  failed(error: unknown): "unavailable" {
    const code = failureCode(error);
    this.#metrics.failures(code).inc();
    if (this.#failure !== code) {
      const what = "cannot store: relays wait until it works again; make room or mend the disk";
      this.#log.event("error", what, { error: code, path: this.#path });
    }
    this.#failure = code;
    return "unavailable";
  }

  works(): "stored" {
    if (this.#failure !== undefined) this.#log.event("notice", "storing again", { was: this.#failure });
    this.#failure = undefined;
    return "stored";
  }
}
