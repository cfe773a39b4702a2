import { addressGroup } from "../host/address-group.ts";

/** Pairs of address and user; the ones unused for longest go first. */
const MAX_PAIRS = 20_000;

/** From where each user has signed in: a crowd of guessers elsewhere must not keep a user from it. */
export class KnownAddresses {
  /** The pair used last stands last. */
  readonly #pairs = new Set<string>();

  remember(address: string, user: string): void {
    const pair = pairOf(address, user);
    this.#pairs.delete(pair);
    this.#pairs.add(pair);
    const [oldest] = this.#pairs;
    if (this.#pairs.size > MAX_PAIRS && oldest !== undefined) this.#pairs.delete(oldest);
  }

  has(address: string, user: string): boolean {
    return this.#pairs.has(pairOf(address, user));
  }
}

/** An address has no space. */
function pairOf(address: string, user: string): string {
  return `${addressGroup(address)} ${user}`;
}
