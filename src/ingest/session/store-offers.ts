import type { Claim, Item } from "../../frame/item.ts";
import type { LoopTurns } from "../../host/loop-turns.ts";
import type { LineStore } from "../line-store.ts";
import { CONNECTION_LIMITS } from "./connection-limits.ts";
import { StepPace } from "./step-pace.ts";

type Outcome = "stored" | "unavailable";

interface StoreOffersOptions<Slot> {
  readonly store: LineStore<Slot>;
  /** Shared by all sessions. */
  readonly turns: LoopTurns;
  readonly nowMs: () => number;
  /** Called when the store cannot write; the offer is repeated later. */
  readonly onUnavailable: () => void;
  /** Called when the store threw: the session ends. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * What one session brings to the store: one batch or BEGIN at a time, offered until stored. A large batch goes in steps
 * between other sessions' work; it counts as stored after its last step.
 */
export class StoreOffers<Slot> {
  readonly #options: StoreOffersOptions<Slot>;
  readonly #pace: StepPace;
  #isBusy = false;
  /** The step that waits for its turn. */
  #next: (() => void) | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(options: StoreOffersOptions<Slot>) {
    this.#options = options;
    this.#pace = new StepPace(options.nowMs);
  }

  /** Whether the store owes an answer. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Whether the store could not write at the last attempt. */
  get isWaiting(): boolean {
    return this.#retry !== undefined;
  }

  /** Offers a batch, even an empty one: BEGINs that the store has bound must outlive the process. */
  batch(items: readonly Item<Slot>[], stored: () => void): void {
    this.#isBusy = true;
    this.#step(items, 0, stored);
  }

  claim(claim: Claim, stored: () => void): void {
    this.#isBusy = true;
    const ask = (): Promise<Outcome> => this.#options.store.claim(claim);
    this.#inTurn(() => this.#offer(ask, () => this.#done(stored)), CONNECTION_LIMITS.claimMs);
  }

  /** Offers at once what waits for its turn. From then on, repeats no offer. */
  stop(): void {
    this.#isStopping = true;
    this.abandon();
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }

  /** Repeats no offer: the relay has gone, and will resend whatever was not acknowledged. */
  abandon(): void {
    clearTimeout(this.#retry);
  }

  #step(items: readonly Item<Slot>[], from: number, stored: () => void): void {
    const to = stepEnd(items, from, this.#pace.items);
    const part = from === 0 && to === items.length ? items : items.slice(from, to);
    const { store } = this.#options;
    const ask = (): Outcome | Promise<Outcome> =>
      part.length === 0 ? store.commit() : this.#pace.measure(part.length, () => store.store(part));
    const next = (): void => (to < items.length ? this.#step(items, to, stored) : this.#done(stored));
    this.#inTurn(() => this.#offer(ask, next), 0);
  }

  #inTurn(step: () => void, expectedMs: number): void {
    if (this.#isStopping) {
      step();
      return;
    }
    this.#next = step;
    this.#options.turns.soon(() => {
      // Otherwise `stop` has run the step already.
      if (this.#next !== step) return;
      this.#next = undefined;
      step();
    }, expectedMs);
  }

  #offer(ask: () => Outcome | Promise<Outcome>, taken: () => void): void {
    const { onFailure } = this.#options;
    try {
      const outcome = ask();
      if (typeof outcome === "string") this.#answered(outcome, ask, taken);
      else outcome.then((later) => this.#answered(later, ask, taken)).catch(onFailure);
    } catch (error) {
      onFailure(error);
    }
  }

  #answered(outcome: Outcome, ask: () => Outcome | Promise<Outcome>, taken: () => void): void {
    if (outcome === "stored") {
      taken();
      return;
    }
    this.#options.onUnavailable();
    if (this.#isStopping) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#offer(ask, taken);
    }, CONNECTION_LIMITS.retryAfterMs);
  }

  #done(stored: () => void): void {
    this.#isBusy = false;
    stored();
  }
}

/** End of the step that starts at `from`, of at most `most` items. */
function stepEnd<Slot>(items: readonly Item<Slot>[], from: number, most: number): number {
  const { bytesAStep } = CONNECTION_LIMITS;
  let bytes = 0;
  let to = from;
  while (to < items.length && to - from < most && bytes < bytesAStep) {
    const item = items[to];
    if (item?.kind === "lines") bytes += item.chunk.cri.length;
    else if (item?.kind === "end") bytes += item.json.length;
    to += 1;
  }
  return to;
}
