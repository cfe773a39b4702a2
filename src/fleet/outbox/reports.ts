import type { Log } from "../../host/log.ts";
import type { EventAnswer, FleetEvent, FleetEventOf } from "../../wire/fleet/event.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { type OrderOf, parseOrder } from "../../wire/fleet/order.ts";
import { parseRunDetails } from "../../wire/fleet/run-view.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { isNews } from "../../wire/fleet/states.ts";
import { parseJson } from "../../wire/record.ts";
import { sha256 } from "../sha256.ts";
import { checkJournal, noteSequence } from "./journal-check.ts";
import type { Notices } from "./notices.ts";
import { messageOf, type OrderBook } from "./order-book.ts";
import type { Nodes } from "./ports.ts";
import { detailsOf } from "./run-details.ts";
import { newTarget, withEvent } from "./target-rows.ts";

interface ReportsOptions {
  readonly book: OrderBook;
  readonly notices: Notices;
  readonly nodes: Nodes;
  readonly log: Log;
  readonly wallMs: () => number;
  /** Called when a node has refused a run, or the cancel of one. */
  readonly onRefused: (of: Refused) => void;
  /** Called for an event that was stored before: its answer was lost. */
  readonly onRepeated: () => void;
}

export interface Refused {
  readonly node: string;
  readonly kind: "run" | "cancel";
  readonly run: string;
  readonly owner: string;
  /** Who signed it, and with which key; empty: not known. */
  readonly user: string;
  readonly signer: string;
  readonly why: string;
}

/** Takes nodes' reports: stores each, then answers it. */
export class Reports {
  readonly #options: ReportsOptions;

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** Resolves with the answer once it is stored; undefined: not now. */
  async take(node: string, event: FleetEvent): Promise<EventAnswer | undefined> {
    const { book, notices } = this.#options;
    if (event.kind === "state") return this.#takeState(node, event);
    if (event.kind === "order") return this.#takeOrder(node, event);
    if (event.kind === "journal") return this.#takeJournal(node, event);
    if (event.kind === "result") return this.#takeResult(node, event);
    if (!notices.hasRoom(node)) return undefined;
    return book.commit((): EventAnswer => {
      notices.store(node, event);
      return "+";
    });
  }

  async #takeJournal(node: string, event: FleetEventOf<"journal">): Promise<EventAnswer> {
    const { book, nodes, log } = this.#options;
    // Two connections mean a copy of the machine, with its certificate. Both get every order: the one that asks may start none.
    const isTwice = (await nodes.connectionsOf(node)) > 1;
    return book.commit((): EventAnswer => {
      const isOtherAlive = nodes.isPresent(node) && nodes.journalOf(node) !== event.journal;
      const answer = checkJournal(book.db.nodes, { node, event, isTwice, isOtherAlive });
      if (answer !== "+") log.event("error", "a node's journal is not the known one", { node, answer });
      return answer;
    });
  }

  /** Stores nothing of a call but the journal's sequence. */
  #takeResult(node: string, { journal, sequence }: FleetEventOf<"result">): Promise<EventAnswer> {
    const { book } = this.#options;
    return book.commit((): EventAnswer => {
      noteSequence(book.db.nodes, { node, journal, sequence });
      return "+";
    });
  }

  async #takeState(node: string, event: FleetEventOf<"state">): Promise<EventAnswer> {
    const { book, onRepeated, onRefused, log } = this.#options;
    const { db } = book;
    const { user: owner, run, digest } = event;
    const of = { owner, run, node };
    const outcome = await book.commit(() => {
      const row = db.target(of);
      if (row === undefined) return digest === "" ? "-" : "?";
      if (digest !== "" && !db.messages.digests(owner, run).includes(digest)) {
        const cancel = db.messages.stop(owner, run).find((part) => part.digest === digest);
        if (cancel === undefined) {
          log.event("error", "a node reports another order of the same name", { node, run });
          return "-";
        }
        // The cancel itself is refused: the run goes on, and the cancel is not sent again.
        const { by: user, signer } = cancel;
        onRefused({ node, kind: "cancel", run, owner, user, signer, why: event.why });
        book.put({ ...row, why: event.why, text: `not stopped: ${event.text || event.why}`, at: event.at });
        return "not cancelled";
      }
      noteSequence(db.nodes, { node, journal: event.journal, sequence: event.sequence });
      if (!isNews(row.state, event.state)) return "again";
      const signer = db.signer(owner, run) ?? "";
      if (event.state === "refused") onRefused({ node, kind: "run", run, owner, user: owner, signer, why: event.why });
      book.put(withEvent(row, event));
      return "+";
    });
    if (outcome === "again") onRepeated();
    if (outcome !== "again") book.changed(owner, run);
    const open = book.open.get(of);
    if (open !== undefined && outcome === "not cancelled") open.isCancelled = false;
    if (open !== undefined && (outcome === "+" || outcome === "again")) open.isUntaken = false;
    return outcome === "again" || outcome === "not cancelled" ? "+" : outcome;
  }

  /**
   * Takes a run, or a part of one, that only the node knows: the outbox was restored from an older copy. Only nodes can verify the
   * user's signature, so the node is believed only for itself, and the run gives nobody a file.
   */
  async #takeOrder(node: string, signed: SignedOrder): Promise<EventAnswer> {
    const { book, log, wallMs } = this.#options;
    const order = parseOrder(signed.order);
    if (order?.kind !== "run" || !order.nodes.includes(node)) return "-";
    const { user: owner, run } = order;
    const outcome = await book.commit(() => {
      const known = book.db.messages.digests(owner, run);
      const isPart = known.includes(sha256(signed.order));
      if (known.length > 0 && !isPart && !this.#isAnotherPart(order)) return "differs";
      if (book.db.target({ owner, run, node }) !== undefined) return "known";
      if (!book.hasRoom(owner, { nodes: 1, characters: signed.order.length })) return "full";
      if (known.length === 0) book.store(order, { signed: [signed], nodes: [node], isFromNode: true });
      else {
        if (!isPart) book.db.messages.addPart(owner, run, messageOf(signed));
        const isCancelled = book.db.messages.stop(owner, run).length > 0;
        book.addNode(newTarget(order, node, wallMs()), { expires: order.expires, isCancelled });
      }
      return "new";
    });
    if (outcome === "differs" || outcome === "full") {
      log.event("error", "a run that only a node knows is not taken", { node, run, why: outcome });
      return "-";
    }
    if (outcome === "known") return "+";
    log.event("warning", "a node has a run that the outbox did not know", { node, run });
    book.changed(owner, run);
    return "+";
  }

  /**
   * Whether this is another part of a known run, as far as the stored fields tell. Only for runs that nodes reported: of one that the
   * API took all parts are known, and a compromised node must not add itself.
   */
  #isAnotherPart(order: OrderOf<"run">): boolean {
    const { db } = this.#options.book;
    const known = db.run(order.user, order.run);
    if (known?.fromNode !== 1 || db.messages.digests(order.user, order.run).length >= FLEET_LIMITS.maxParts)
      return false;
    const { batch, pausesOnFailure } = parseRunDetails(parseJson(known.details));
    const { job, argv, via, issued, expires, details } = known;
    const isSameTime = order.issued === issued && order.expires === expires;
    const isSameWork = JSON.stringify(order.argv) === argv && order.job === job && order.via === via;
    return isSameTime && isSameWork && JSON.stringify(detailsOf(order, { batch, pausesOnFailure })) === details;
  }
}
