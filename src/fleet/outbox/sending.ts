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
}

/** While a node is present and says nothing, its orders are sent again. */
const RESEND_AFTER_MS = 5_000;
/** Sent four times without an answer. */
const UNCONFIRMED_AFTER_MS = 20_000;

/** Each takes some 40 us to store and send, and lines of jobs wait meanwhile. */
const AT_A_TIME = 128;

interface OnNode {
  readonly owner: string;
  readonly run: string;
  readonly node: string;
}

/** Sends orders and cancels to their nodes, again and again until these say what became of them. */
export class Sending {
  readonly #options: SendingOptions;

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** Sends what present nodes have not answered, some in each turn of the event loop. */
  async send(all: readonly OnNode[]): Promise<void> {
    for (let at = 0; at < all.length; at += AT_A_TIME) await this.#sendSome(all.slice(at, at + AT_A_TIME));
  }

  /** The first journal that an order is sent to is stored before. */
  async #sendSome(all: readonly OnNode[]): Promise<void> {
    const { book, nodes, nowMs, wallMs } = this.#options;
    const { db } = book;
    const open = all
      .flatMap((of) => book.open.get(of) ?? [])
      .filter(({ node, isUntaken, isHeld, isCancelled }) => {
        return ((isUntaken && !isHeld) || isCancelled) && nodes.isPresent(node) && !nodes.isDuplicate(node);
      });
    if (open.length === 0) return;
    const messages = new Map<string, ReturnType<typeof bytesOf>>();
    const cancels = new Map<string, ReturnType<typeof bytesOf>>();
    const sent: TargetRow[] = [];
    await book.commit(() => {
      for (const { owner, run, node, isUntaken } of open) {
        const key = `${owner}\0${run}`;
        if (!messages.has(key)) messages.set(key, bytesOf(db.run(owner, run)?.message));
        if (!cancels.has(key)) cancels.set(key, bytesOf(db.cancel(owner, run)?.message));
        const row = db.target({ owner, run, node });
        if (row === undefined || row.final === 1) continue;
        const journal = nodes.journalOf(node);
        if (isUntaken && row.journal !== "" && row.journal !== journal) {
          // Its order is in a journal that is gone. Whether it was started there, nobody can say.
          book.put(withState(row, "unknown", { at: wallMs(), why: "journal-replaced" }));
        } else if (isUntaken && row.state === "pending") {
          book.put({ ...withState(row, "sent", { at: wallMs() }), journal });
        }
        sent.push(row);
      }
    });
    const now = nowMs();
    for (const row of sent) {
      const each = book.open.get(row);
      if (each === undefined) continue;
      each.firstSentMs ??= now;
      each.lastSentMs = now;
      const [message, cancel] = [messages.get(`${row.owner}\0${row.run}`), cancels.get(`${row.owner}\0${row.run}`)];
      // The cancel first: then the order that follows it does not start.
      if (cancel !== undefined) nodes.send(row.node, cancel);
      if (each.isUntaken && !each.isHeld && message !== undefined) nodes.send(row.node, message);
    }
    for (const { owner, run } of sent) book.changed(owner, run);
  }

  /** Called each second. */
  async look(): Promise<void> {
    const { book, nodes, nowMs, wallMs } = this.#options;
    const [now, wall] = [nowMs(), wallMs()];
    const due = [];
    const news: TargetRow[] = [];
    for (const open of book.open.all()) {
      // Nobody has it but this outbox: it cannot start any more.
      const isOver = open.isUntaken && wall > open.expires && open.firstSentMs === undefined;
      const isSilent =
        open.isUntaken && open.firstSentMs !== undefined && now - open.firstSentMs > UNCONFIRMED_AFTER_MS;
      const row = isOver || isSilent ? book.db.target(open) : undefined;
      if (isOver && row?.journal === "") news.push(withState(row, "expired", { at: wall }));
      else if (isSilent && row?.state === "sent") news.push(withState(row, "unconfirmed", { at: wall }));
      if (now - open.lastSentMs >= RESEND_AFTER_MS && nodes.isPresent(open.node)) due.push(open);
    }
    if (news.length > 0) {
      await book.commit(() => {
        for (const row of news) book.put(row);
      });
      for (const { owner, run } of news) book.changed(owner, run);
    }
    await this.send(due);
  }
}

/** Once for all nodes of a slice. */
function bytesOf(message: string | null | undefined): Uint8Array | undefined {
  return typeof message === "string" ? Buffer.from(message) : undefined;
}
