import { addressGroup } from "../host/address-group.ts";

/** Addresses, and pairs of address and user; the ones unused for longest go first. */
const MAX_KEYS = 20_000;

/**
 * From where users have signed in. A flood of strangers must not shut out people who were here before: connections and
 * password checks keep room for them.
 */
export class KnownAddresses {
  /** The key used last stands last. */
  readonly #keys = new Set<string>();

  /** Somebody from this address had a valid session. */
  remember(address: string, user: string): void {
    const group = addressGroup(address);
    for (const key of [group, pairOf(group, user)]) {
      this.#keys.delete(key);
      this.#keys.add(key);
    }
    for (const oldest of this.#keys) {
      if (this.#keys.size <= MAX_KEYS) break;
      this.#keys.delete(oldest);
    }
  }

  /** Whether anybody signed in from here. */
  has(address: string): boolean {
    return this.#keys.has(addressGroup(address));
  }

  hasUser(address: string, user: string): boolean {
    return this.#keys.has(pairOf(addressGroup(address), user));
  }
}

/** An address has no space. */
function pairOf(group: string, user: string): string {
  return `${group} ${user}`;
}
