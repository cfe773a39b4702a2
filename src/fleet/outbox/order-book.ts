import { signerOf } from "../../orders/signer.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import { encodeSignedOrder, type SignedOrder } from "../../wire/fleet/signed-order.ts";
import { sha256 } from "../sha256.ts";
import { GroupCommit } from "./group-commit.ts";
import { OpenOrders } from "./open-orders.ts";
import type { OpenTarget, OutboxDb, TargetRow } from "./outbox-db.ts";
import { detailsOf } from "./run-details.ts";

/** Open runs of one user, on any number of nodes. */
const MAX_OPEN_RUNS_OF_USER = 1_000;
/** Open orders of all users: `Sending.look` walks them each second. */
const MAX_OPEN_ORDERS = 200_000;
/** Open orders of one user, to leave room for others: 12 runs on 4,000 nodes. */
const MAX_OPEN_ORDERS_OF_USER = 50_000;

/** Nodes of a run at a time, and whether a failure holds back the others. */
export interface Batching {
  readonly size: number;
  readonly pausesOnFailure: boolean;
}

interface StoredRun {
  /** The order in parts. */
  readonly signed: readonly SignedOrder[];
  readonly nodes: readonly string[];
  readonly batching?: Batching | undefined;
  readonly isFromNode?: boolean;
}

interface OrderBookOptions {
  readonly db: OutboxDb;
  /** Steady. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Called when a run may have changed. */
  readonly onChange: (of: { readonly owner: string; readonly run: string }) => void;
  /** Called inside the commit that makes a run final on a node. */
  readonly onFinal: (row: TargetRow) => void;
  /** Called with the number of a user's runs that were removed for a new one. */
  readonly onPruned: (count: number) => void;
}

/** Orders on the disk, and those not final in memory as well. Changes happen inside `commit`: in both, or in neither. */
export class OrderBook {
  readonly db: OutboxDb;
  readonly open = new OpenOrders();
  readonly #options: OrderBookOptions;
  readonly #commit: GroupCommit;

  constructor(options: OrderBookOptions) {
    this.#options = options;
    this.db = options.db;
    this.#commit = new GroupCommit({ transaction: options.db.transaction, nowMs: options.nowMs });
    for (const open of this.db.openTargets()) this.#add(open);
  }

  /** Resolves with the result of `act` once its changes are on the disk. Rejects like `GroupCommit.add`. */
  commit<T>(act: () => T): Promise<T> {
    return this.#commit.add(act);
  }

  /** Call it inside a commit. Whether a user may have another open run; removes old ended ones if it needs their room. */
  hasRoom(owner: string, { nodes, characters }: { readonly nodes: number; readonly characters: number }): boolean {
    const { db, open } = this;
    const { wallMs, onPruned } = this.#options;
    const hasPlaces = open.ofOwner(owner) + nodes <= MAX_OPEN_ORDERS_OF_USER && open.size + nodes <= MAX_OPEN_ORDERS;
    if (!hasPlaces || db.openRunsOf(owner) >= MAX_OPEN_RUNS_OF_USER) return false;
    const { hasRoom, gone } = db.kept.makeRoom(owner, { nodes, characters, nowMs: wallMs() });
    if (gone > 0) onPruned(gone);
    return hasRoom;
  }

  /** Call it inside a commit. Adds a run on these nodes; those after the first batch are held. */
  store(order: OrderOf<"run">, { signed, nodes, batching, isFromNode = false }: StoredRun): void {
    const { user: owner, run, job, via, issued, expires } = order;
    const argv = JSON.stringify(order.argv);
    const [part, ...others] = signed;
    if (part === undefined) throw new TypeError("Cannot store a run without its order");
    const { size = nodes.length, pausesOnFailure = false } = batching ?? {};
    const details = JSON.stringify(detailsOf(order, { batch: batching?.size ?? 0, pausesOnFailure }));
    this.db.addRun({
      owner,
      run,
      job,
      argv,
      via,
      issued,
      expires,
      details,
      fromNode: isFromNode ? 1 : 0,
      signer: signerOf(part) ?? "",
      ...messageOf(part),
    });
    for (const each of others) this.db.messages.addPart(owner, run, messageOf(each));
    if (size < nodes.length) this.db.batches.put({ owner, run, size, pauses: pausesOnFailure ? 1 : 0, forgiven: 0 });
    this.db.addTargets({ owner, run, nodes, size, at: this.#options.wallMs() });
    for (const [at, node] of nodes.entries())
      this.#add({ owner, run, node, state: at < size ? "pending" : "held", expires, isCancelled: false });
    this.db.transaction.onRollback(() => {
      for (const node of nodes) this.open.remove({ owner, run, node });
    });
  }

  /** Call it inside a commit. */
  put(row: TargetRow): void {
    this.db.putTarget(row);
    if (row.final === 0) return;
    const open = this.open.remove(row);
    if (open !== undefined) this.db.transaction.onRollback(() => this.open.add(open));
    this.db.settle(row.owner, row.run);
    this.#options.onFinal(row);
  }

  /** Call it inside a commit. Adds a node to a known run. */
  addNode(row: TargetRow, { expires, isCancelled }: Pick<OpenTarget, "expires" | "isCancelled">): void {
    this.put(row);
    this.#add({ ...row, expires, isCancelled });
    this.db.transaction.onRollback(() => void this.open.remove(row));
  }

  changed(owner: string, run: string): void {
    this.#options.onChange({ owner, run });
  }

  #add({ owner, run, node, state, expires, isCancelled }: OpenTarget): void {
    const isUntaken = ["pending", "held", "sent", "unconfirmed"].includes(state);
    const lastSentMs = Number.NEGATIVE_INFINITY;
    const sending = { isUntaken, isHeld: state === "held", isCancelled, firstSentMs: undefined, lastSentMs };
    this.open.add({ owner, run, node, expires, ...sending });
  }
}

/** The message to store and send. */
export function messageOf(signed: SignedOrder): { readonly digest: string; readonly message: string } {
  return { digest: sha256(signed.order), message: encodeSignedOrder(signed) };
}
