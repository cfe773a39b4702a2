import { isIPv6 } from "node:net";

export interface ThrottleLimits {
  readonly perAddress: number;
  readonly perAddressAndUser: number;
}

const WINDOW_MS = 60_000;
/** Addresses and pairs that are remembered; the ones unused for longest go first. */
const MAX_KEYS = 20_000;
/** A proxy's word for an address may be anything. */
const MAX_ADDRESS_CHARACTERS = 64;

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
    const from = addressGroup(address.slice(0, MAX_ADDRESS_CHARACTERS));
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

/** One site has a whole /64 of IPv6 addresses (RFC 6177), so those count as one. */
function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = "", tail = ""] = address.split("%")[0]?.split("::") ?? [];
  const first = head.split(":").filter((group) => group !== "");
  const last = tail.split(":").filter((group) => group !== "");
  const zeros = address.includes("::") ? Array.from({ length: 8 - first.length - last.length }, () => "0") : [];
  return [...first, ...zeros, ...last].slice(0, 4).join(":");
}
