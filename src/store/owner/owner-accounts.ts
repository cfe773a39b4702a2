import { OwnerAccount, type OwnerLimits } from "./owner-account.ts";

/** Owners remembered at a time; beyond that the index is asked again for all. */
const MAX_OWNERS = 10_000;

interface OwnerAccountsOptions {
  readonly limits: OwnerLimits;
  /** Bytes on disk of an owner's executions, from the index. */
  readonly bytesOf: (owner: string) => number;
  /** Updates the index before it is asked again. */
  readonly flush: () => void;
}

/**
 * The account of each owner. Bytes on disk come from the index once. From then on changes in an execution's files are
 * charged to the account at once, and reach the index later.
 */
export class OwnerAccounts {
  readonly #options: OwnerAccountsOptions;
  readonly #accounts = new Map<string, OwnerAccount>();

  constructor(options: OwnerAccountsOptions) {
    this.#options = options;
  }

  of(owner: string): OwnerAccount {
    const known = this.#accounts.get(owner);
    if (known !== undefined) return known;
    const { limits, bytesOf, flush } = this.#options;
    if (this.#accounts.size >= MAX_OWNERS) {
      flush();
      this.#accounts.clear();
    }
    const account = new OwnerAccount(limits, bytesOf(owner));
    this.#accounts.set(owner, account);
    return account;
  }
}
