import { parseOrder } from "../../wire/fleet/order.ts";
import { parseSignedOrder } from "../../wire/fleet/signed-order.ts";
import type { OrderBook } from "./order-book.ts";
import type { TargetRow } from "./outbox-db.ts";
import { withState } from "./target-rows.ts";

/** `why` of nodes that are held because an earlier batch failed. */
export const PAUSED = "paused";

/**
 * Runs in batches: the next nodes are released once all before have ended. If a failure pauses the run, they stay held until
 * its owner lets it go on. The states are on the disk; a release is in the same commit as the end that causes it.
 */
export class Batches {
  readonly #book: OrderBook;
  readonly #wallMs: () => number;
  #released: TargetRow[] = [];

  constructor(book: OrderBook, wallMs: () => number) {
    this.#book = book;
    this.#wallMs = wallMs;
  }

  /** Call it inside the commit in which a run becomes final on a node. */
  advance(owner: string, run: string): void {
    const { db } = this.#book;
    const batch = db.batches.get(owner, run);
    if (batch === undefined) return;
    // Cheap, because it runs at every end on a node: reading a thousand rows each time would be a million.
    if (!db.batches.isDue(owner, run)) return;
    const rows = db.targets(owner, run);
    const held = rows.filter(({ state }) => state === "held");
    const failures = rows.filter(({ state, final }) => final === 1 && state !== "finished").length;
    const isPaused = batch.pauses === 1 && failures > batch.forgiven;
    const at = this.#wallMs();
    for (const row of isPaused ? held : inOrder(held, db.messages.orders(owner, run)).slice(0, batch.size)) {
      const next = withState(row, isPaused ? "held" : "pending", { at, why: isPaused ? PAUSED : "" });
      this.#book.put(next);
      if (!isPaused) this.#released.push(next);
    }
  }

  /** Call it inside a commit. Failures so far no longer pause the run. False if none of its nodes is held. */
  goOn(owner: string, run: string): boolean {
    const { db } = this.#book;
    const batch = db.batches.get(owner, run);
    const rows = db.targets(owner, run);
    if (batch === undefined || !rows.some(({ state }) => state === "held")) return false;
    const forgiven = rows.filter(({ state, final }) => final === 1 && state !== "finished").length;
    db.batches.put({ ...batch, forgiven });
    this.advance(owner, run);
    return true;
  }

  /** Call it after the commit. Returns the rows that may be sent now. */
  takeReleased(): readonly TargetRow[] {
    const released = this.#released;
    this.#released = [];
    for (const row of released) {
      const open = this.#book.open.get(row);
      if (open !== undefined) open.isHeld = false;
    }
    return released;
  }
}

/** In the order in which the user named the nodes: a canary comes first. */
function inOrder(rows: readonly TargetRow[], parts: readonly string[]): readonly TargetRow[] {
  const byNode = new Map(rows.map((row) => [row.node, row]));
  const nodes = parts.flatMap((part) => parseOrder(parseSignedOrder(part)?.order ?? "")?.nodes ?? []);
  return nodes.flatMap((node) => byNode.get(node) ?? []);
}
