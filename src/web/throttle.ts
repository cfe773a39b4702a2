import { addressGroup } from "../host/address-group.ts";

export interface ThrottleLimits {
  readonly perAddress: number;
  readonly perAddressAndUser: number;
}

const WINDOW_MS = 60_000;
/** Addresses and pairs that are remembered; the ones unused for longest go first. */
const MAX_KEYS = 20_000;

/** One attempt that was let through. */
export interface Attempt {
  /** It was no guess: it does not count. */
  forgive(): void;
}

/**
 * Login attempts of the last minute, by address and by address and user. Never by user alone: nobody can lock another
 * user out, except from the own address.
 */
export class LoginThrottle {
  readonly #limits: ThrottleLimits;
  readonly #now: () => number;
  /** Times of attempts, oldest first; the key used last stands last. */
  readonly #attempts = new Map<string, number[]>();

  constructor(limits: ThrottleLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Counts an attempt, or says after how many seconds the next one may be made. */
  attempt(address: string, user: string): Attempt | { readonly retryAfterSeconds: number } {
    const from = addressGroup(address);
    const keys = [
      { key: from, limit: this.#limits.perAddress },
      { key: `${from} ${user}`, limit: this.#limits.perAddressAndUser },
    ];
    const now = this.#now();
    const waitMs = Math.max(...keys.map(({ key, limit }) => this.#waitMs(key, limit, now)));
    if (waitMs > 0) return { retryAfterSeconds: Math.ceil(waitMs / 1_000) };
    for (const { key } of keys) this.#add(key, now);
    return {
      forgive: () => {
        for (const { key } of keys) this.#forgive(key, now);
      },
    };
  }

  #waitMs(key: string, limit: number, now: number): number {
    const recent = (this.#attempts.get(key) ?? []).filter((time) => time > now - WINDOW_MS);
    const decisive = recent.at(-limit);
    return decisive === undefined ? 0 : decisive + WINDOW_MS - now;
  }

  #add(key: string, now: number): void {
    const recent = (this.#attempts.get(key) ?? []).filter((time) => time > now - WINDOW_MS);
    this.#attempts.delete(key);
    this.#attempts.set(key, [...recent, now]);
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
