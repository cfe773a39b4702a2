import type { Log } from "../../host/log.ts";
import type { UserMismatch } from "../../wire/user-mismatch.ts";

/** Pairs of node and uid; more are shown on their executions alone. A node's root can claim any number. */
const MAX_MISMATCHES = 4_096;

/**
 * Uids that mean a different user on a node than here, since the collector's start; each is reported once. The owner
 * remains the user whom the collector knows by the uid.
 */
export class UserMismatches {
  readonly #log: Log;
  readonly #known = new Map<string, UserMismatch>();

  constructor(log: Log) {
    this.#log = log;
  }

  get size(): number {
    return this.#known.size;
  }

  all(): UserMismatch[] {
    return [...this.#known.values()];
  }

  /** Compares the name that a BEGIN claims with the owner's. Returns the claim if it means another user. */
  compare(claim: { readonly node: string; readonly uid: number; readonly user?: string }, here: string) {
    const { node, uid, user: there } = claim;
    if (there === undefined || bareName(there) === bareName(here)) return undefined;
    const key = `${uid} ${node}`;
    if (this.#known.size < MAX_MISMATCHES && !this.#known.has(key)) {
      this.#known.set(key, { node, uid, there, here });
      const next = `give both users the same uid, or say whose it is: [nodes."${node}"] users = { "${uid}" = "NAME" }`;
      this.#log.event("warning", "a uid means another user on a node", { node, uid, there, here, next });
    }
    return there;
  }
}

/** Directories write one user as `alice`, `alice@example.org` or `EXAMPLE\alice`, as each machine is configured. */
function bareName(name: string): string {
  return name.slice(name.lastIndexOf("\\") + 1).replace(/@.*$/, "");
}
