import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../host/log.ts";
import type { StoreMetrics } from "../store-metrics.ts";
import { RESERVED } from "./log-path.ts";
import { failureCode } from "./storage-error.ts";

const PROBE_AFTER_MS = 5_000;
const PROBE_BYTES = 65_536;

/** Tracks whether the collector can store at all: logs once when it stops, and once when it works again. */
export class StorageAlarm {
  readonly #log: Log;
  readonly #metrics: StoreMetrics;
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #appendedBytes: () => number;
  /** Bytes appended when the last failure came. */
  #appendedBefore = 0;
  #failure: string | undefined;
  /** Set while nothing is stored although it could be: retention finds no space. */
  heldBack: string | undefined;
  #failedAtMs = 0;

  constructor(options: {
    readonly log: Log;
    readonly metrics: StoreMetrics;
    readonly path: string;
    readonly nowMs: () => number;
    /** Bytes appended to logs since the start. */
    readonly appendedBytes: () => number;
  }) {
    this.#log = options.log;
    this.#metrics = options.metrics;
    this.#path = options.path;
    this.#nowMs = options.nowMs;
    this.#appendedBytes = options.appendedBytes;
  }

  /** Code of the current error ("ENOSPC"), why nothing is stored although it could be, or undefined. */
  get failure(): string | undefined {
    return this.#failure ?? this.heldBack;
  }

  failed(error: unknown): "unavailable" {
    const code = failureCode(error);
    // The collector stopped while loading an execution, which is no failure of the disk.
    if (code === "ML_LOAD_STOPPED") return "unavailable";
    this.#failedAtMs = this.#nowMs();
    this.#appendedBefore = this.#appendedBytes();
    this.#metrics.failures(code).inc();
    if (this.#failure !== code) {
      const what = "cannot store: relays wait until it works again; make room or repair the disk";
      this.#log.event("error", what, { error: code, path: this.#path });
    }
    this.#failure = code;
    return "unavailable";
  }

  /**
   * Tries a write if none has failed for a while: with no relay sending, nothing else would show that there is room
   * again. Waiting relays retry by themselves.
   */
  probe(): void {
    if (this.#failure === undefined || this.#nowMs() - this.#failedAtMs < PROBE_AFTER_MS) return;
    const path = join(this.#path, RESERVED.probe);
    try {
      writeFileSync(path, Buffer.alloc(PROBE_BYTES, "."), { mode: 0o600 });
      this.#end();
    } catch (error) {
      this.failed(error);
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** A batch was taken. Only bytes appended since the failure end it: beats and duplicates write nothing. */
  works(): "stored" {
    if (this.#failure !== undefined && this.#appendedBytes() !== this.#appendedBefore) this.#end();
    return "stored";
  }

  #end(): void {
    this.#log.event("notice", "storing again", { was: this.#failure });
    this.#failure = undefined;
  }
}
