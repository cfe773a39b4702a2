import type { IndexDb } from "../index/index-db.ts";

const FRESH_FOR_MS = 2_000;
/** Pairs remembered; beyond that all are read from the index again. */
const MAX_COUNTS = 10_000;

/** An owner on one node: running executions on one node do not count on another. */
interface OwnerOnNode {
  readonly owner: string;
  readonly node: string;
}

/** Number of running executions of an owner on a node: read from the index now and then, counted in between. */
export class RunningCount {
  readonly #indexDb: IndexDb;
  readonly #nowMs: () => number;
  readonly #counts = new Map<string, { count: number; readonly countedAtMs: number }>();

  constructor(indexDb: IndexDb, nowMs: () => number) {
    this.#indexDb = indexDb;
    this.#nowMs = nowMs;
  }

  isFull(who: OwnerOnNode, limit: number): boolean {
    const known = this.#counts.get(keyOf(who));
    if (known !== undefined && this.#nowMs() - known.countedAtMs < FRESH_FOR_MS) return known.count >= limit;
    const count = this.#indexDb.totals.countRunning(who.owner, who.node);
    if (this.#counts.size >= MAX_COUNTS) this.#counts.clear();
    this.#counts.set(keyOf(who), { count, countedAtMs: this.#nowMs() });
    return count >= limit;
  }

  /** Counts an execution that has begun since the last check. */
  add(who: OwnerOnNode): void {
    const known = this.#counts.get(keyOf(who));
    if (known !== undefined) known.count += 1;
  }
}

function keyOf({ owner, node }: OwnerOnNode): string {
  return `${node} ${owner}`;
}
