import { addressGroup } from "../host/address-group.ts";

/** Pairs of address and user; the pair unused longest is forgotten first. */
const MAX_PAIRS = 20_000;

/** Addresses from which each user has signed in: guessers elsewhere must not lock the user out there. */
export class KnownAddresses {
  /** In order of use, last used pair last. */
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

/** Unambiguous: an address has no space. */
function pairOf(address: string, user: string): string {
  return `${addressGroup(address)} ${user}`;
}
