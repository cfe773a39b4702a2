import type { Log } from "../../host/log.ts";
import { signerOf } from "../../orders/signer.ts";
import type { EventAnswer, FleetEvent } from "../../wire/fleet/event.ts";
import type { NodeEvent } from "../../wire/fleet/node-event.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { sha256 } from "../sha256.ts";
import { Batches } from "./batches.ts";
import { OutboxBusyError } from "./group-commit.ts";
import { Notices } from "./notices.ts";
import { type Batching, messageOf, OrderBook } from "./order-book.ts";
import type { OutboxDb } from "./outbox-db.ts";
import type { Nodes } from "./ports.ts";
import { type Refused, Reports } from "./reports.ts";
import { Sending } from "./sending.ts";
import { withState } from "./target-rows.ts";

interface OutboxOptions {
  readonly db: OutboxDb;
  readonly nodes: Nodes;
  readonly log: Log;
  /** Steady. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Called when a run may have changed. */
  readonly onChange: (of: { readonly owner: string; readonly run: string }) => void;
  readonly onRefused: (of: Refused) => void;
  /** Called for an event that was stored before: its answer was lost. */
  readonly onRepeated: () => void;
  /** Called inside the commit that stores an error of a node, or an event of a user there. */
  readonly onNotice: (notice: NodeEvent) => void;
  /** Called for one that is not taken now. */
  readonly onNoticePostponed: () => void;
  readonly onNoticesPruned: (count: number) => void;
  /** Called with the number of a user's older runs that were removed for a new one. */
  readonly onRunsPruned: (count: number) => void;
}

/**
 * Orders and their states on nodes. An order is stored, then sent; an event is stored, then answered. Orders and cancels are
 * resent until their nodes report on them, so that the death of any process in between changes nothing.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #book: OrderBook;
  readonly #batches: Batches;
  readonly #sending: Sending;
  readonly #reports: Reports;
  #looking: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { db, nowMs, wallMs, onChange } = options;
    const onFinal = ({ owner, run }: { owner: string; run: string }) => this.#batches.advance(owner, run);
    this.#book = new OrderBook({ db, nowMs, wallMs, onChange, onFinal, onPruned: options.onRunsPruned });
    const { onNotice: onNew, onNoticePostponed: onPostponed, onNoticesPruned: onPruned } = options;
    const notices = new Notices({ ...options, db: db.notices, onNew, onPostponed, onPruned });
    const parts = { ...options, book: this.#book, notices };
    this.#batches = new Batches(this.#book, wallMs);
    this.#sending = new Sending(parts);
    this.#reports = new Reports(parts);
  }

  /**
   * Stores a run and sends it. `signed` holds the order's parts. `differs`: another order of this name is there; `full`: too many are
   * open; `busy`: too much waits for the disk.
   */
  async submit(
    order: OrderOf<"run">,
    signed: readonly SignedOrder[],
    batching?: Batching,
  ): Promise<"stored" | "known" | "differs" | "full" | "busy"> {
    const { db } = this.#book;
    const { user: owner, run, nodes } = order;
    const digests = signed.map(({ order: text }) => sha256(text));
    const characters = signed.reduce((sum, { order: text }) => sum + text.length, 0);
    const outcome = await this.#commit(() => {
      const known = db.messages.digests(owner, run);
      if (known.length > 0) return digests.every((digest) => known.includes(digest)) ? "known" : "differs";
      if (!this.#book.hasRoom(owner, { nodes: nodes.length, characters })) return "full";
      this.#book.store(order, { signed, nodes, batching });
      // Only here: an order that a node reports gives it no file.
      for (const file of order.files) db.addRunFile({ owner, run, sha256: file.sha256 });
      return "stored";
    });
    if (outcome === "stored") await this.#sending.send(nodes.map((node) => ({ owner, run, node })));
    return outcome;
  }

  /** Stores a cancel, in parts, and sends it. On nodes that the order was not sent to, the run is cancelled at once. */
  async cancel(order: OrderOf<"cancel">, signed: readonly SignedOrder[]): Promise<"stored" | "missing" | "busy"> {
    const { wallMs } = this.#options;
    const { db, open } = this.#book;
    const { owner, run, user: by } = order;
    const outcome = await this.#commit(() => {
      if (db.messages.digests(owner, run).length === 0) return "missing";
      const named = new Set(order.nodes);
      const rows = db.targets(owner, run).filter(({ final, node }) => final === 0 && named.has(node));
      const parts = signed.map((each) => ({ by, signer: signerOf(each) ?? "", ...messageOf(each) }));
      if (rows.length > 0) db.messages.putStop(owner, run, parts);
      // Held ones first, so that the end of the others releases none of them.
      const unsent = rows.filter(({ journal, state }) => journal === "" && (state === "pending" || state === "held"));
      for (const row of unsent.sort((a, b) => Number(b.state === "held") - Number(a.state === "held")))
        this.#book.put(withState(row, "cancelled", { at: wallMs(), by }));
      return "stored";
    });
    if (outcome !== "stored") return outcome;
    const left = order.nodes.flatMap((node) => open.get({ owner, run, node }) ?? []);
    for (const each of left) each.isCancelled = true;
    this.#book.changed(owner, run);
    await this.#sending.send(left);
    await this.#sendReleased();
    return outcome;
  }

  /** Lets a paused run go on with its next nodes. False if nothing of it is held. */
  async goOn(owner: string, run: string): Promise<boolean | "busy"> {
    const isHeld = await this.#commit(() => this.#batches.goOn(owner, run));
    if (isHeld === "busy") return isHeld;
    if (isHeld) this.#book.changed(owner, run);
    await this.#sendReleased();
    return isHeld;
  }

  /** Takes a node's event. Resolves with the answer once it is stored; undefined: not now, and the node resends it. */
  async take(node: string, event: FleetEvent): Promise<EventAnswer | undefined> {
    const answer = await this.#reports.take(node, event);
    await this.#sendReleased();
    return answer;
  }

  /** Call it when a node is back or its agent has restarted: messages on their way may be lost. */
  async resend(node: string): Promise<void> {
    await this.#sending.send(this.#book.open.of(node));
  }

  /** Called each second. With 200,000 silent orders it takes longer: a call meanwhile joins the one under way. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Removes some of the ended runs that were ordered before then, and scrubs the disk. */
  async prune(beforeMs: number): Promise<void> {
    const { db } = this.#book;
    await this.#book.commit(() => db.kept.prune(beforeMs));
    await db.scrub(this.#options.nowMs());
  }

  /** Commits a user's request. */
  async #commit<T>(act: () => T): Promise<T | "busy"> {
    try {
      return await this.#book.commit(act);
    } catch (error) {
      if (error instanceof OutboxBusyError) return "busy";
      throw error;
    }
  }

  async #look(): Promise<void> {
    await this.#sending.look();
    await this.#sendReleased();
  }

  async #sendReleased(): Promise<void> {
    const released = this.#batches.takeReleased();
    if (released.length > 0) await this.#sending.send(released);
  }
}
