/**
 * Bytes that a relay may bring in one turn of the event loop while quieter ones wait: less than a millisecond's work.
 * Alone it may bring everything that libuv reads in a turn (32 times 64 KiB), for larger batches and fewer writes.
 */
const BUSY_TURN_BYTES = 65_536;
/** A relay that had such a turn within this time is not quiet. */
const BUSY_FOR_MS = 1_000;
/** A quiet relay that spoke counts as waiting for this long. */
const QUIET_FOR_MS = 100;

/** Remembers the quiet relay heard last: a flood from another must not keep it waiting. */
export class QuietRelays {
  #last: TurnAllowance | undefined;
  #heardAtMs = Number.NEGATIVE_INFINITY;

  heard(relay: TurnAllowance, nowMs: number): void {
    this.#last = relay;
    this.#heardAtMs = nowMs;
  }

  /** Whether a quiet relay would have to wait for this one. */
  waitFor(relay: TurnAllowance, nowMs: number): boolean {
    return this.#last !== undefined && this.#last !== relay && nowMs - this.#heardAtMs < QUIET_FOR_MS;
  }
}

/** The bytes that one relay may bring in a turn of the event loop: any number, unless quiet relays wait for it. */
export class TurnAllowance {
  readonly #quiet: QuietRelays;
  readonly #nowMs: () => number;
  #bytes = 0;
  #busyAtMs = Number.NEGATIVE_INFINITY;

  constructor(quiet: QuietRelays, nowMs: () => number) {
    this.#quiet = quiet;
    this.#nowMs = nowMs;
  }

  /** Counts bytes received in this turn. */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= BUSY_TURN_BYTES) this.#busyAtMs = this.#nowMs();
  }

  /** Whether this relay has used up its bytes of the turn. */
  get isUsedUp(): boolean {
    return this.#bytes >= BUSY_TURN_BYTES && this.#quiet.waitFor(this, this.#nowMs());
  }

  /** Starts the next turn. */
  renew(): void {
    const nowMs = this.#nowMs();
    if (this.#bytes > 0 && nowMs - this.#busyAtMs > BUSY_FOR_MS) this.#quiet.heard(this, nowMs);
    this.#bytes = 0;
  }
}
