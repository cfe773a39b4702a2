import { addressGroup } from "../host/address-group.ts";

interface ThrottleLimits {
  readonly perAddress: number;
  readonly perAddressAndUser: number;
}

const WINDOW_MS = 60_000;
/** Addresses and pairs remembered; the one unused longest is forgotten first. */
const MAX_KEYS = 20_000;

/** One attempt that was allowed. */
interface Attempt {
  /** Uncounts the attempt: it was no guess. */
  forgive(): void;
}

/**
 * Login attempts of the last minute, by address and by address and user. Never by user alone: nobody can lock another
 * user out, except from that user's own address.
 */
export class LoginThrottle {
  readonly #limits: ThrottleLimits;
  readonly #nowMs: () => number;
  /** Times of attempts, oldest first. Keys in order of use, last used key last. */
  readonly #attempts = new Map<string, number[]>();

  constructor(limits: ThrottleLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /**
   * Counts an attempt, or returns the seconds until the next one is allowed.
   *
   * @param isKnown This user has signed in from there before: others' guesses from the same address do not count.
   */
  attempt(address: string, user: string, isKnown = false): Attempt | { readonly retryAfterSeconds: number } {
    const from = addressGroup(address);
    const keys = [
      ...(isKnown ? [] : [{ key: from, limit: this.#limits.perAddress }]),
      { key: `${from} ${user}`, limit: this.#limits.perAddressAndUser },
    ];
    const nowMs = this.#nowMs();
    const waitMs = Math.max(...keys.map(({ key, limit }) => this.#waitMs(key, limit, nowMs)));
    if (waitMs > 0) return { retryAfterSeconds: Math.ceil(waitMs / 1_000) };
    for (const { key } of keys) this.#add(key, nowMs);
    return {
      forgive: () => {
        for (const { key } of keys) this.#forgive(key, nowMs);
      },
    };
  }

  #waitMs(key: string, limit: number, nowMs: number): number {
    const recent = (this.#attempts.get(key) ?? []).filter((time) => time > nowMs - WINDOW_MS);
    const decisive = recent.at(-limit);
    return decisive === undefined ? 0 : decisive + WINDOW_MS - nowMs;
  }

  #add(key: string, nowMs: number): void {
    const recent = (this.#attempts.get(key) ?? []).filter((time) => time > nowMs - WINDOW_MS);
    this.#attempts.delete(key);
    this.#attempts.set(key, [...recent, nowMs]);
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size > MAX_KEYS && oldest !== undefined) this.#attempts.delete(oldest);
  }

  #forgive(key: string, time: number): void {
    const times = this.#attempts.get(key) ?? [];
    const at = times.indexOf(time);
    if (at >= 0) times.splice(at, 1);
    if (times.length === 0) this.#attempts.delete(key);
  }
}
