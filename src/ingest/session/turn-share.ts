/**
 * What a relay may bring in one turn of the event loop while quieter ones want to be heard: less than a millisecond's
 * work. Alone it may bring all that libuv reads in a turn (32 times 64 KiB): larger batches, and so fewer writes.
 */
const BUSY_TURN_BYTES = 65_536;
/** A relay that had such a turn in this time is not a quiet one. */
const BUSY_FOR_MS = 1_000;
/** How long one that was quiet and spoke is remembered. */
const QUIET_FOR_MS = 100;

/** What the relays of one collector know of each other. */
export class SharedTurns {
  #quiet: TurnShare | undefined;
  #quietAtMs = Number.NEGATIVE_INFINITY;

  /** A relay spoke that is not busy. */
  heardQuiet(share: TurnShare, nowMs: number): void {
    this.#quiet = share;
    this.#quietAtMs = nowMs;
  }

  /** Whether another relay would have to wait for this one. */
  othersWait(share: TurnShare, nowMs: number): boolean {
    return this.#quiet !== undefined && this.#quiet !== share && nowMs - this.#quietAtMs < QUIET_FOR_MS;
  }
}

/** One relay's share of the event loop's turns: a flood from one node must not make the lines of the others old. */
export class TurnShare {
  readonly #shared: SharedTurns;
  readonly #nowMs: () => number;
  #bytes = 0;
  #busyAtMs = Number.NEGATIVE_INFINITY;

  constructor(shared: SharedTurns, nowMs: () => number) {
    this.#shared = shared;
    this.#nowMs = nowMs;
  }

  /** Takes note of bytes that came in this turn. */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= BUSY_TURN_BYTES) this.#busyAtMs = this.#nowMs();
  }

  /** This relay has had its share of the turn. */
  get isUsedUp(): boolean {
    return this.#bytes >= BUSY_TURN_BYTES && this.#shared.othersWait(this, this.#nowMs());
  }

  /** The next turn begins. */
  renew(): void {
    const nowMs = this.#nowMs();
    if (this.#bytes > 0 && nowMs - this.#busyAtMs > BUSY_FOR_MS) this.#shared.heardQuiet(this, nowMs);
    this.#bytes = 0;
  }
}
