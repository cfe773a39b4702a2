import type { Log } from "../../host/log.ts";
import type { StoreMetrics } from "../store-metrics.ts";

export interface Owner {
  readonly name: string;
  /** The uid on the collector, that may read the files; undefined for a user whom only the node knows. */
  readonly uid: number | undefined;
}

/**
 * Who a node's uid is. Undefined: nobody who may own executions. `unavailable`: nobody can tell now. `later`: this node
 * has asked for too many; its session goes on, and the BEGIN waits. Never rejects.
 */
export type OwnerOf = (node: string, uid: number) => Promise<Owner | "unavailable" | "later" | undefined>;

/** Of one BEGIN while all is well: behind it waits what its relay sent later. */
const ANSWER_WITHIN_MS = 5_000;
/** What relays wait for a directory that does not answer, all together, and how often at most that happens again. */
const HOLD_MS = 30_000;
const HOLD_EVERY_MS = 600_000;
/** Of one BEGIN, between: enough for a directory that answers again. */
const THEN_WITHIN_MS = 100;

export interface OwnerLookupOptions {
  readonly ownerOf: OwnerOf;
  readonly log: Log;
  readonly metrics: StoreMetrics;
  readonly nowMs: () => number;
}

/**
 * Asks whose a BEGIN is, for a session that waits. While the directory does not answer, relays keep what they have for
 * half a minute, which loses nothing; from then on executions that run already matter more.
 */
export class OwnerLookup {
  readonly #options: OwnerLookupOptions;
  #holdFromMs = Number.NEGATIVE_INFINITY;

  constructor(options: OwnerLookupOptions) {
    this.#options = options;
  }

  /** `hold`: the session has to ask again. */
  async of(node: string, uid: number): Promise<Owner | "hold" | "unavailable" | undefined> {
    const { ownerOf, log, metrics, nowMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"unavailable">((resolve) => {
      timer = setTimeout(() => resolve("unavailable"), this.#patienceMs());
    });
    const owner = await Promise.race([ownerOf(node, uid), late]);
    clearTimeout(timer);
    if (owner === "later") return "unavailable";
    if (owner !== "unavailable") return owner;
    if (nowMs() - this.#holdFromMs >= HOLD_EVERY_MS) {
      this.#holdFromMs = nowMs();
      const what = "the user directory does not answer: relays wait half a minute for it, then BEGINs in quarantine";
      log.event("warning", what, { node, uid });
    }
    if (nowMs() - this.#holdFromMs >= HOLD_MS) return "unavailable";
    metrics.heldBegins.inc();
    return "hold";
  }

  #patienceMs(): number {
    const heldMs = this.#options.nowMs() - this.#holdFromMs;
    return heldMs >= HOLD_MS && heldMs < HOLD_EVERY_MS ? THEN_WITHIN_MS : ANSWER_WITHIN_MS;
  }
}
