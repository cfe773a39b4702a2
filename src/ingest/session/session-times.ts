import type { RelpParser } from "../relp/relp-parser.ts";

export interface SessionTimesOptions {
  /** Time for a relay's open, and for one frame from its first byte to its last. */
  readonly openWithinMs: number;
  readonly frameWithinMs: number;
  readonly nowMs: () => number;
}

/** Longer than the 90 s after which a relay gives a session up and resends everything over another. */
const ANSWER_WITHIN_MS = 120_000;

/** Decides whether a session takes too long, or its relay has abandoned it. */
export class SessionTimes {
  readonly #options: SessionTimesOptions;
  readonly #parser: RelpParser;
  #frameTxnr = 0;
  #frameBeganAtMs: number;
  #answeredAtMs: number;

  constructor(parser: RelpParser, options: SessionTimesOptions) {
    this.#options = options;
    this.#parser = parser;
    this.#frameBeganAtMs = options.nowMs();
    this.#answeredAtMs = this.#frameBeganAtMs;
  }

  /** Records that bytes were parsed. */
  parsed(): void {
    const { txnr, waitingBytes } = this.#parser;
    if (txnr === this.#frameTxnr && waitingBytes > 0) return;
    this.#frameTxnr = txnr;
    this.#frameBeganAtMs = this.#options.nowMs();
  }

  /** Records that frames were acknowledged. */
  answered(): void {
    this.#answeredAtMs = this.#options.nowMs();
  }

  /**
   * Why the session must end, if it must: a label of the counter. Called about once a second.
   *
   * @param owesAnswer Frames wait for the store. The relay is not to blame for that time.
   * @param isSuperseded Its node has since opened another session. Otherwise only this one may hold its frames.
   */
  fault({
    owesAnswer,
    isSuperseded,
  }: {
    readonly owesAnswer: boolean;
    readonly isSuperseded: boolean;
  }): "open-timeout" | "frame-timeout" | "superseded" | undefined {
    const { openWithinMs, frameWithinMs, nowMs } = this.#options;
    if (!owesAnswer) this.answered();
    const waitedMs = nowMs() - this.#frameBeganAtMs;
    if (!this.#parser.isOpen) return waitedMs > openWithinMs ? "open-timeout" : undefined;
    if (owesAnswer) return isSuperseded && nowMs() - this.#answeredAtMs > ANSWER_WITHIN_MS ? "superseded" : undefined;
    return this.#parser.waitingBytes > 0 && waitedMs > frameWithinMs ? "frame-timeout" : undefined;
  }
}
