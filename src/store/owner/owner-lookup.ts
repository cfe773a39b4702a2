import { AskQueue } from "../../host/ask-queue.ts";
import type { Log } from "../../host/log.ts";
import type { StoreMetrics } from "../store-metrics.ts";

export interface Owner {
  readonly name: string;
  /** The uid on the collector that may read the files; undefined for a user known only to the node. */
  readonly uid: number | undefined;
}

/**
 * Undefined: no user who may own executions. `unavailable`: the user directory cannot answer now. `later`: this node
 * has asked about too many uids.
 */
export type OwnerAnswer = Owner | "unavailable" | "later" | undefined;

/** The uid of a name on the collector; undefined if there is none, or it cannot be determined. Never rejects. */
export type OwnerOfName = (name: string) => Promise<number | undefined>;

/** The user of a node's uid. Never rejects. */
export type OwnerOf = (node: string, uid: number) => Promise<OwnerAnswer>;

/**
 * `hold`: the session must ask again. `later`: the look-up is under way. `crowded`: too many uids of this node are
 * waiting.
 */
type Lookup = Owner | "unavailable" | "hold" | "crowded" | undefined | { readonly later: Promise<OwnerAnswer> };

/** A hanging directory counts as unavailable. */
const ANSWER_WITHIN_MS = 5_000;
/** How long all relays together wait for an unavailable directory, and how often at most that happens. */
const HOLD_MS = 30_000;
const HOLD_EVERY_MS = 600_000;
/** Uids of one node being looked up, and in line: each may cost a process, and a user can invent thousands. */
const NODE_LIMITS = { maxRunning: 4, maxWaiting: 1_000 };
/** Uids remembered as having an owner, on all nodes: they do not queue behind invented ones. */
const MAX_REMEMBERED = 16_384;

interface OwnerLookupOptions {
  readonly ownerOf: OwnerOf;
  readonly log: Log;
  readonly metrics: StoreMetrics;
  readonly nowMs: () => number;
}

/**
 * Looks up the owner of a BEGIN. Only an immediate answer is awaited on the session's path; any other comes later,
 * while the session continues. If the directory fails, relays hold their data for half a minute, which loses nothing;
 * after that, running executions matter more.
 */
export class OwnerLookup {
  readonly #options: OwnerLookupOptions;
  readonly #nodes = new Map<string, AskQueue>();
  /** Unanswered look-ups, by uid and node. */
  readonly #asked = new Map<string, Promise<OwnerAnswer>>();
  readonly #known = new Set<string>();
  #holdFromMs = Number.NEGATIVE_INFINITY;

  constructor(options: OwnerLookupOptions) {
    this.#options = options;
  }

  /** Number of unanswered look-ups. */
  get waiting(): number {
    return this.#asked.size;
  }

  async of(node: string, uid: number): Promise<Lookup> {
    const key = `${uid} ${node}`;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return { later: asked };
    const queue = this.#nodes.get(node);
    if (queue?.isBusy === true && !this.#known.has(key)) {
      return queue.isFull ? "crowded" : this.#later(key, node, () => this.#options.ownerOf(node, uid));
    }
    const answer = this.#options.ownerOf(node, uid);
    const first = await withinTurn(answer);
    if (first === "slow") return this.#later(key, node, () => answer);
    if (first === "later") return "crowded";
    if (first === "unavailable") return this.#unavailable(node, uid);
    this.#remember(key, first);
    return first;
  }

  #later(key: string, node: string, ask: () => Promise<OwnerAnswer>): Lookup {
    const known = this.#asked.get(key);
    if (known !== undefined) return { later: known };
    const queue = this.#nodes.get(node) ?? new AskQueue(NODE_LIMITS);
    this.#nodes.set(node, queue);
    const later = withinLimit(queue.run(ask));
    this.#asked.set(key, later);
    void later.then((answer) => {
      this.#remember(key, answer);
      this.#asked.delete(key);
      if (queue.isIdle) this.#nodes.delete(node);
    });
    return { later };
  }

  #remember(key: string, answer: OwnerAnswer): void {
    if (typeof answer === "string") return;
    this.#known.delete(key);
    if (answer === undefined) return;
    this.#known.add(key);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }

  #unavailable(node: string, uid: number): "hold" | "unavailable" {
    const { log, metrics, nowMs } = this.#options;
    if (nowMs() - this.#holdFromMs >= HOLD_EVERY_MS) {
      this.#holdFromMs = nowMs();
      const what =
        "the user directory does not answer: relays wait half a minute for it, then BEGINs wait in quarantine";
      log.event("warning", what, { node, uid });
    }
    if (nowMs() - this.#holdFromMs >= HOLD_MS) return "unavailable";
    metrics.heldBegins.inc();
    return "hold";
  }
}

/** The answer, if it takes no turn of the event loop because it was known already. */
async function withinTurn(answer: Promise<OwnerAnswer>): Promise<OwnerAnswer | "slow"> {
  let turn: NodeJS.Immediate | undefined;
  const slow = new Promise<"slow">((resolve) => {
    turn = setImmediate(resolve, "slow");
  });
  const first = await Promise.race([answer, slow]);
  clearImmediate(turn);
  return first;
}

async function withinLimit(answer: Promise<OwnerAnswer>): Promise<OwnerAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"unavailable">((resolve) => {
    timer = setTimeout(() => resolve("unavailable"), ANSWER_WITHIN_MS).unref();
  });
  const first = await Promise.race([answer, late]);
  clearTimeout(timer);
  return first;
}
