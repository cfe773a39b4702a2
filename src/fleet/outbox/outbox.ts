import { createHash } from "node:crypto";
import type { Log } from "../../host/log.ts";
import { type EventAnswer, type FleetEventOf, parseFleetEvent } from "../../wire/fleet/event.ts";
import { type OrderOf, parseOrder } from "../../wire/fleet/order.ts";
import { encodeSignedOrder, type SignedOrder } from "../../wire/fleet/signed-order.ts";
import { isNews } from "../../wire/fleet/states.ts";
import { GroupCommit } from "./group-commit.ts";
import { checkJournal, noteSequence } from "./journal-check.ts";
import { OpenOrders } from "./open-orders.ts";
import type { OutboxDb, TargetRow } from "./outbox-db.ts";
import type { Nodes } from "./ports.ts";
import { newTarget, withEvent, withState } from "./target-rows.ts";

export interface OutboxOptions {
  readonly db: OutboxDb;
  readonly nodes: Nodes;
  readonly log: Log;
  /** Steady. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Something about this run has changed. */
  readonly onChange: (of: { readonly owner: string; readonly run: string }) => void;
  /** An event that the outbox knew already: its answer was lost. */
  readonly onRepeated: () => void;
}

/** While a node is present and says nothing, its orders are sent again. */
const RESEND_AFTER_MS = 5_000;
/** Sent four times without an answer. */
const UNCONFIRMED_AFTER_MS = 20_000;
/** Of one user, over all nodes. */
export const MAX_OPEN_RUNS_OF_USER = 1_000;
/** Of everybody: what the repetition looks at each second. */
export const MAX_OPEN_ORDERS = 200_000;

/**
 * Orders and what became of them. Stored, then sent; an event is stored, then answered. An order is sent again until its
 * node says what became of it, and so is its cancel, so that the death of any process between them changes nothing.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #open = new OpenOrders();
  readonly #commit: GroupCommit;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { db } = options;
    this.#commit = new GroupCommit((work) => db.commit(work));
    for (const row of db.openTargets()) this.#track(row, db.run(row.owner, row.run)?.expires ?? 0);
  }

  get openOrders(): number {
    return this.#open.size;
  }

  /** Stores a run and sends it. `differs`: another order of this name is there; `full`: too many are open. */
  async submit(order: OrderOf<"run">, signed: SignedOrder): Promise<"stored" | "known" | "differs" | "full"> {
    const { db } = this.#options;
    const { user: owner, run, nodes } = order;
    const digest = sha256(signed.order);
    const outcome = await this.#commit.add(() => {
      const known = db.run(owner, run);
      if (known !== undefined) return known.digest === digest ? "known" : "differs";
      if (db.openRunsOf(owner) >= MAX_OPEN_RUNS_OF_USER || this.#open.size + nodes.length > MAX_OPEN_ORDERS)
        return "full";
      this.#store(order, signed, nodes);
      return "stored";
    });
    if (outcome === "stored") {
      for (const node of nodes) this.#track(newTarget(order, node, 0), order.expires);
      await this.#send(nodes.flatMap((node) => this.#open.get({ owner, run, node }) ?? []));
    }
    return outcome;
  }

  /** Stores a cancel and sends it. What was sent to no node is cancelled here and now. */
  async cancel(order: OrderOf<"cancel">, signed: SignedOrder): Promise<"stored" | "missing"> {
    const { db, wallMs } = this.#options;
    const { owner, run, user: by } = order;
    const outcome = await this.#commit.add(() => {
      if (db.run(owner, run) === undefined) return "missing";
      const rows = db.targets(owner, run).filter(({ final, node }) => final === 0 && order.nodes.includes(node));
      if (rows.length > 0)
        db.putCancel({ owner, run, by, digest: sha256(signed.order), message: encodeSignedOrder(signed) });
      for (const row of rows)
        if (row.journal === "" && (row.state === "pending" || row.state === "held"))
          this.#put(withState(row, "cancelled", { at: wallMs(), by }));
      return "stored";
    });
    if (outcome === "missing") return outcome;
    const open = order.nodes.flatMap((node) => this.#open.get({ owner, run, node }) ?? []);
    for (const each of open) each.isCancelled = true;
    this.#changed(owner, run);
    await this.#send(open);
    return outcome;
  }

  /** Takes what a node sent; resolves with the answer once it is stored. */
  async take(node: string, text: string): Promise<EventAnswer> {
    const { db, nodes, log } = this.#options;
    const event = parseFleetEvent(text);
    if (event === undefined) return "-";
    if (event.kind === "state") return this.#takeState(node, event);
    if (event.kind === "order") return this.#takeOrder(node, event);
    return this.#commit.add((): EventAnswer => {
      if (event.kind === "journal") {
        const isOtherAlive = nodes.isPresent(node) && nodes.journalOf(node) !== event.journal;
        const answer = checkJournal(db, { node, event, isOtherAlive });
        if (answer !== "+") log.event("error", "a node's journal is not the known one", { node, answer });
        return answer;
      }
      const [user, name] = event.kind === "note" ? [event.user, event.name] : ["", event.why];
      const { id, kind, at } = event;
      db.addNodeEvent({ id, node, kind, at, user, name, text: event.text });
      log.event(kind === "error" ? "error" : "info", `a node reports: ${event.text}`, { node, name, user });
      return "+";
    });
  }

  /** The node is back, or its agent has started anew: whatever was on its way may be lost. */
  async resend(node: string): Promise<void> {
    await this.#send(this.#open.of(node));
  }

  /** Called each second. */
  async look(): Promise<void> {
    const { db, nodes, nowMs, wallMs } = this.#options;
    const [now, wall] = [nowMs(), wallMs()];
    const due = [];
    const news: TargetRow[] = [];
    for (const open of this.#open.all()) {
      // Nobody has it but this outbox: it cannot start any more.
      const isOver = open.isUntaken && wall > open.expires && open.firstSentMs === undefined;
      const isSilent =
        open.isUntaken && open.firstSentMs !== undefined && now - open.firstSentMs > UNCONFIRMED_AFTER_MS;
      const row = isOver || isSilent ? db.target(open) : undefined;
      if (isOver && row?.journal === "") news.push(withState(row, "expired", { at: wall }));
      else if (isSilent && row?.state === "sent") news.push(withState(row, "unconfirmed", { at: wall }));
      if (now - open.lastSentMs >= RESEND_AFTER_MS && nodes.isPresent(open.node)) due.push(open);
    }
    if (news.length > 0) {
      await this.#commit.add(() => {
        for (const row of news) this.#put(row);
      });
      for (const { owner, run } of news) this.#changed(owner, run);
    }
    await this.#send(due);
  }

  async #takeState(node: string, event: FleetEventOf<"state">): Promise<EventAnswer> {
    const { db, onRepeated, log } = this.#options;
    const { user: owner, run, digest } = event;
    const of = { owner, run, node };
    const outcome = await this.#commit.add(() => {
      const row = db.target(of);
      if (row === undefined) return digest === "" ? "-" : "?";
      if (digest !== "" && db.cancel(owner, run)?.digest === digest) {
        // The cancel itself is refused: the run goes on, and the cancel is not sent again.
        this.#put({ ...row, why: event.why, text: `not stopped: ${event.text || event.why}`, at: event.at });
        return "not cancelled";
      }
      if (digest !== "" && db.run(owner, run)?.digest !== digest) {
        log.event("error", "a node reports another order of the same name", { node, run });
        return "-";
      }
      noteSequence(db, { node, journal: event.journal, sequence: event.sequence });
      if (!isNews(row.state, event.state)) return "again";
      this.#put(withEvent(row, event));
      return "+";
    });
    if (outcome === "again") onRepeated();
    if (outcome !== "again") this.#changed(owner, run);
    const open = this.#open.get(of);
    if (open !== undefined && outcome === "not cancelled") open.isCancelled = false;
    if (open !== undefined && (outcome === "+" || outcome === "again")) open.isUntaken = false;
    return outcome === "again" || outcome === "not cancelled" ? "+" : outcome;
  }

  /** A run that this outbox does not know, as its user signed it: it comes from before a restored disk. */
  async #takeOrder(node: string, signed: SignedOrder): Promise<EventAnswer> {
    const { db, log } = this.#options;
    const order = parseOrder(signed.order);
    if (order?.kind !== "run" || !order.nodes.includes(node)) return "-";
    await this.#commit.add(() => {
      if (db.run(order.user, order.run) === undefined) this.#store(order, signed, [node]);
      else if (db.target({ owner: order.user, run: order.run, node }) === undefined)
        this.#put(newTarget(order, node, this.#options.wallMs()));
    });
    this.#track(newTarget(order, node, 0), order.expires);
    log.event("warning", "a node has a run that the outbox did not know", { node, run: order.run });
    this.#changed(order.user, order.run);
    return "+";
  }

  #store(order: OrderOf<"run">, signed: SignedOrder, nodes: readonly string[]): void {
    const { db, wallMs } = this.#options;
    const { user: owner, run, job, via, issued, expires } = order;
    const argv = JSON.stringify(order.argv);
    const digest = sha256(signed.order);
    db.addRun({ owner, run, job, argv, via, digest, issued, expires, message: encodeSignedOrder(signed) });
    for (const node of nodes) this.#put(newTarget(order, node, wallMs()));
  }

  /** Inside a commit. */
  #put(row: TargetRow): void {
    const { db } = this.#options;
    db.putTarget(row);
    if (row.final === 0) return;
    this.#open.remove(row);
    db.settle(row.owner, row.run);
  }

  #track(row: TargetRow, expires: number): void {
    const { owner, run, node, state } = row;
    const isUntaken = ["pending", "sent", "unconfirmed"].includes(state);
    const isCancelled = this.#options.db.cancel(owner, run) !== undefined;
    const lastSentMs = Number.NEGATIVE_INFINITY;
    this.#open.add({ owner, run, node, expires, isUntaken, isCancelled, firstSentMs: undefined, lastSentMs });
  }

  /** Sends what present nodes have not answered. The first journal that an order is sent to is stored before. */
  async #send(all: readonly { owner: string; run: string; node: string }[]): Promise<void> {
    const { db, nodes, nowMs, wallMs } = this.#options;
    const open = all
      .flatMap((of) => this.#open.get(of) ?? [])
      .filter(({ node, isUntaken, isCancelled }) => {
        return (isUntaken || isCancelled) && nodes.isPresent(node) && !nodes.isDuplicate(node);
      });
    if (open.length === 0) return;
    const messages = new Map<string, string | null>();
    const cancels = new Map<string, string | undefined>();
    const sent: TargetRow[] = [];
    await this.#commit.add(() => {
      for (const { owner, run, node, isUntaken } of open) {
        const key = `${owner}\0${run}`;
        if (!messages.has(key)) messages.set(key, db.run(owner, run)?.message ?? null);
        if (!cancels.has(key)) cancels.set(key, db.cancel(owner, run)?.message);
        const row = db.target({ owner, run, node });
        if (row === undefined || row.final === 1) continue;
        const journal = nodes.journalOf(node);
        if (isUntaken && row.journal !== "" && row.journal !== journal) {
          // Its order is in a journal that is gone. Whether it was started there, nobody can say.
          this.#put(withState(row, "unknown", { at: wallMs(), why: "journal-replaced" }));
        } else if (isUntaken && row.state === "pending") {
          this.#put({ ...withState(row, "sent", { at: wallMs() }), journal });
        }
        sent.push(row);
      }
    });
    const now = nowMs();
    for (const row of sent) {
      const each = this.#open.get(row);
      if (each === undefined) continue;
      each.firstSentMs ??= now;
      each.lastSentMs = now;
      const [message, cancel] = [messages.get(`${row.owner}\0${row.run}`), cancels.get(`${row.owner}\0${row.run}`)];
      // The cancel first: then the order that follows it does not start.
      if (cancel !== undefined) nodes.send(row.node, cancel);
      if (each.isUntaken && typeof message === "string") nodes.send(row.node, message);
    }
    for (const { owner, run } of sent) this.#changed(owner, run);
  }

  #changed(owner: string, run: string): void {
    this.#options.onChange({ owner, run });
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
