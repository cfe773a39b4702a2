import { setImmediate as nextTurn } from "node:timers/promises";
import { parseOrder } from "../../wire/fleet/order.ts";
import { parseSignedOrder } from "../../wire/fleet/signed-order.ts";
import type { RunState } from "../../wire/fleet/states.ts";
import type { OrderBook } from "./order-book.ts";
import type { TargetRow } from "./outbox-db.ts";
import type { Nodes } from "./ports.ts";
import { withState } from "./target-rows.ts";

interface SendingOptions {
  readonly book: OrderBook;
  readonly nodes: Nodes;
  /** Steady. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Resolves in a later turn of the event loop. */
  readonly nextTurn?: () => Promise<unknown>;
}

/** Interval of resending to a present node that does not answer. */
const RESEND_AFTER_MS = 5_000;
/** Time without an answer until an order is `unconfirmed`: it was sent about four times. */
const UNCONFIRMED_AFTER_MS = 20_000;

/** Orders stored and sent together: their messages are in memory meanwhile, 192 KiB for each part at most. */
const AT_A_TIME = 256;
/** Orders in one piece of a commit: each takes some 40 us to store. */
const STORED_AT_A_TIME = 32;
/** Orders sent in one turn: each takes some 40 us. Other requests come in between. */
const SENT_A_TURN = 64;

type Messages = Map<string, { readonly order: MessageFor; readonly cancel: MessageFor }>;

interface OnNode {
  readonly owner: string;
  readonly run: string;
  readonly node: string;
}

/** Sends orders and cancels to their nodes, and resends them until the nodes report on them. */
export class Sending {
  readonly #options: SendingOptions;
  readonly #nextTurn: () => Promise<unknown>;

  constructor(options: SendingOptions) {
    this.#options = options;
    this.#nextTurn = options.nextTurn ?? (() => nextTurn());
  }

  /** Sends the orders and cancels that present nodes have not answered, some in each turn of the event loop. */
  async send(all: readonly OnNode[]): Promise<void> {
    for (const some of piecesOf(all, AT_A_TIME)) {
      const messages: Messages = new Map();
      const stored = await Promise.all(piecesOf(some, STORED_AT_A_TIME).map((few) => this.#store(few, messages)));
      for (const [at, few] of piecesOf(stored.flat(), SENT_A_TURN).entries()) {
        if (at > 0) await this.#nextTurn();
        this.#pass(few, messages);
      }
    }
  }

  /** Stores the first journal of each order before it is sent there. Resolves with the rows to send, and adds their messages. */
  async #store(all: readonly OnNode[], messages: Messages): Promise<readonly TargetRow[]> {
    const { book, nodes, wallMs } = this.#options;
    const { db } = book;
    const open = all
      .flatMap((of) => book.open.get(of) ?? [])
      .filter(({ node, isUntaken, isHeld, isCancelled }) => {
        return ((isUntaken && !isHeld) || isCancelled) && nodes.isPresent(node) && !nodes.isDuplicate(node);
      });
    if (open.length === 0) return [];
    return book.commit(() => {
      const rows: TargetRow[] = [];
      for (const { owner, run, node, isUntaken } of open) {
        const key = keyOf({ owner, run });
        if (!messages.has(key)) {
          const stop = db.messages.stop(owner, run).map(({ message }) => message);
          messages.set(key, { order: messageFor(db.messages.orders(owner, run)), cancel: messageFor(stop) });
        }
        const row = db.target({ owner, run, node });
        // Still held: the commit that released its batch did not reach the disk.
        if (row === undefined || row.final === 1 || row.state === "held") continue;
        const journal = nodes.journalOf(node);
        if (isUntaken && row.journal !== "" && row.journal !== journal) {
          // Its order went to a journal that is gone: it is unknown whether it started there.
          book.put(withState(row, "unknown", { at: wallMs(), why: "journal-replaced" }));
        } else if (isUntaken && row.state === "pending") {
          book.put({ ...withState(row, "sent", { at: wallMs() }), journal });
        }
        rows.push(row);
      }
      return rows;
    });
  }

  /** Sends stored rows to their nodes. */
  #pass(rows: readonly TargetRow[], messages: Messages): void {
    const { book, nodes, nowMs } = this.#options;
    const now = nowMs();
    for (const row of rows) {
      const each = book.open.get(row);
      if (each === undefined) continue;
      each.firstSentMs ??= now;
      each.lastSentMs = now;
      const of = messages.get(keyOf(row));
      const [order, cancel] = [of?.order(row.node), of?.cancel(row.node)];
      // The cancel first, so that the order after it does not start.
      if (cancel !== undefined) nodes.send(row.node, cancel);
      if (each.isUntaken && !each.isHeld && order !== undefined) nodes.send(row.node, order);
    }
    for (const { owner, run } of rows) book.changed(owner, run);
  }

  /** Called each second. */
  async look(): Promise<void> {
    const { book, nodes, nowMs, wallMs } = this.#options;
    const [now, wall] = [nowMs(), wallMs()];
    const due: OnNode[] = [];
    const over: OnNode[] = [];
    const silent: OnNode[] = [];
    for (const open of book.open.all()) {
      // Only its end is awaited. First, because there may be 200,000 of these.
      if (!open.isUntaken && !open.isCancelled) continue;
      // Not sent since the collector's start. If its row shows that no node got it before, it can never start.
      const isOver = wall > open.expires && open.firstSentMs === undefined;
      const isSilent = open.firstSentMs !== undefined && now - open.firstSentMs > UNCONFIRMED_AFTER_MS;
      if (open.isUntaken && isOver) over.push(open);
      if (open.isUntaken && isSilent) silent.push(open);
      if (now - open.lastSentMs >= RESEND_AFTER_MS && nodes.isPresent(open.node)) due.push(open);
    }
    await this.#settle(over, "expired", ({ journal, final }) => journal === "" && final === 0);
    await this.#settle(silent, "unconfirmed", ({ state }) => state === "sent");
    await this.send(due);
  }

  /** Gives a state to the orders whose rows still qualify inside the commit. */
  async #settle(all: readonly OnNode[], state: RunState, isStill: (row: TargetRow) => boolean): Promise<void> {
    const { book, wallMs } = this.#options;
    const at = wallMs();
    const settle = (few: readonly OnNode[]) =>
      book.commit(() => {
        const rows = few.flatMap((of) => book.db.target(of) ?? []).filter(isStill);
        for (const row of rows) book.put(withState(row, state, { at }));
        return rows;
      });
    const news = await Promise.all(piecesOf(all, STORED_AT_A_TIME).map(settle));
    for (const { owner, run } of news.flat()) book.changed(owner, run);
  }
}

function piecesOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** No name of a user has a NUL. */
function keyOf({ owner, run }: Pick<OnNode, "owner" | "run">): string {
  return `${owner}\0${run}`;
}

type MessageFor = (node: string) => Uint8Array | undefined;

/**
 * Finds the part of an order that a node gets: the first that names it. Parts are encoded once for all nodes, and parsed only
 * if there are several.
 */
function messageFor(parts: readonly string[]): MessageFor {
  const bytes = parts.map((part) => Buffer.from(part));
  if (bytes.length < 2) return () => bytes[0];
  const ofNodes = new Map(
    parts
      .map((part, i) => ({ order: parseOrder(parseSignedOrder(part)?.order ?? ""), bytes: bytes[i] }))
      .reverse()
      .flatMap((part) => (part.order?.nodes ?? []).map((node) => [node, part.bytes] as const)),
  );
  return (node) => ofNodes.get(node);
}
