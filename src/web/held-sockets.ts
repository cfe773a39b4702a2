import type { Log } from "../host/log.ts";
import type { SessionStore } from "./session-store.ts";

/** Something that ends with its session. */
export interface Held {
  endSession(): void;
  readonly closed: Promise<void>;
}

/** Sockets open in each session, which end with it. */
export class HeldSockets {
  readonly #store: SessionStore;
  readonly #log: Log;
  readonly #held = new Map<string, Set<Held>>();
  #fileVersion: unknown;

  constructor(store: SessionStore, log: Log) {
    this.#store = store;
    this.#log = log;
    this.#fileVersion = store.version;
    store.onEnd = (hash) => this.#end(hash);
  }

  /** Ends `held` with its session; keeps the session in use while `held` is open. */
  hold(hash: string, held: Held): void {
    // The session may have ended while the socket was opening.
    if (!this.#store.has(hash)) {
      held.endSession();
      return;
    }
    const others = this.#held.get(hash) ?? new Set();
    this.#held.set(hash, others.add(held));
    void held.closed.then(() => {
      others.delete(held);
      if (others.size === 0 && this.#held.get(hash) === others) this.#held.delete(hash);
    });
  }

  /** Keeps sessions in use while something is open in them. */
  keepSessions(): void {
    for (const hash of this.#held.keys()) this.#store.keep(hash);
  }

  /** Ends sockets of sessions that another process has ended in the file. */
  lookAtFile(): void {
    try {
      const { version } = this.#store;
      if (version === this.#fileVersion) return;
      this.#fileVersion = version;
      for (const hash of [...this.#held.keys()]) if (!this.#store.has(hash)) this.#end(hash);
    } catch (error) {
      this.#log.event("error", "cannot check sessions", { error: String(error) });
    }
  }

  #end(hash: string): void {
    for (const held of this.#held.get(hash) ?? []) held.endSession();
  }
}
