import type { Socket } from "node:net";
import type { LogFields } from "../../host/log.ts";
import type { Attendance } from "../figures/relay-presence.ts";
import { Batch } from "../frames/batch.ts";
import { FrameIntake, type FrameIntakeOptions } from "../frames/frame-intake.ts";
import type { Claim } from "../line-store.ts";
import { type RelpFault, RelpParser } from "../relp/relp-parser.ts";
import { acknowledgements, closeReply, openReply } from "../relp/relp-replies.ts";
import { CONNECTION_LIMITS } from "./connection-limits.ts";
import { SessionTimes, type SessionTimesOptions } from "./session-times.ts";
import { type SharedTurns, TurnShare } from "./turn-share.ts";

export interface ConnectionOptions<Slot>
  extends SessionTimesOptions,
    Omit<FrameIntakeOptions<Slot>, "batch" | "attendance"> {
  readonly socket: Socket;
  readonly turns: SharedTurns;
}

type Flight<Slot> = {
  readonly taken: ReturnType<Batch<Slot>["take"]>;
  readonly lastTxnr: number;
  readonly count: number;
};

/**
 * One relay's session: RELP commands in, batches to the store, acknowledgements out once it has them.
 *
 * One batch at a time is with the store; what arrives meanwhile gathers in the next one, so batches grow with the load
 * and a quiet line travels alone. It owns its socket: nobody else writes to it or closes it.
 */
export class RelayConnection<Slot> {
  readonly #options: ConnectionOptions<Slot>;
  readonly #parser: RelpParser;
  readonly #batch: Batch<Slot>;
  readonly #intake: FrameIntake<Slot>;
  readonly #share: TurnShare;
  readonly #times: SessionTimes;
  readonly #attendance: Attendance;
  #unanswered = 0;
  #lastTxnr = 0;
  #inFlight = false;
  #flushIsScheduled = false;
  #waitingClaim: Claim | undefined;
  #claimsInTurn = 0;
  #closeTxnr = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions<Slot>) {
    this.#options = options;
    this.#batch = new Batch(options.pool);
    const { store, pool, node, log, metrics } = options;
    this.#share = new TurnShare(options.turns, options.nowMs);
    this.#attendance = metrics.presence.join();
    if (node !== undefined) this.#attendance.heard(node);
    this.#intake = new FrameIntake({
      ...{ store, pool, batch: this.#batch, node, log, metrics },
      attendance: this.#attendance,
    });
    this.#parser = new RelpParser({
      open: (txnr) => {
        this.#lastTxnr = txnr;
        options.socket.write(openReply(txnr));
      },
      message: (data, at, end) => this.#message(data, at, end),
      close: (txnr) => {
        this.#closeTxnr = txnr;
      },
    });
    this.#times = new SessionTimes(this.#parser, options);
    options.socket.on("data", (chunk: Buffer) => this.#data(chunk));
    options.socket.on("drain", () => this.#readOn());
    // What has arrived is stored even when nobody waits for the acknowledgement: the relay may be gone for good.
    options.socket.on("close", () => {
      this.#attendance.leave();
      this.#flush();
    });
  }

  /** Name of the node that spoke last. */
  get node(): string {
    return this.#intake.node;
  }

  /** Nothing of it waits for the store, and none of its frames is half here. */
  get isIdle(): boolean {
    const isWaiting = this.#inFlight || this.#waitingClaim !== undefined || this.#unanswered > 0;
    return !isWaiting && this.#parser.waitingBytes === 0;
  }

  /** Cuts the connection off when it takes too long. Called every second or so. */
  checkTime({ isSuperseded }: { readonly isSuperseded: boolean }): void {
    const owesAnswer = this.#inFlight || this.#waitingClaim !== undefined;
    const fault = this.#times.fault({ owesAnswer, isSuperseded });
    if (fault !== undefined) this.cutOff(fault);
  }

  /** Ends the session as the collector stops: what is here is stored and acknowledged first, if the store can. */
  stop(): void {
    clearTimeout(this.#retry);
    this.#flush();
    const { socket } = this.#options;
    if (socket.writable) socket.end("0 serverclose 0\n");
    socket.destroySoon();
  }

  /** Ends the session at once. @param reason one of a fixed set, for the counter. @param details for the log. */
  cutOff(reason: string, details: LogFields = {}): void {
    const { log, metrics, socket } = this.#options;
    metrics.refusedSessions(reason).inc();
    const session = { node: this.#intake.node, address: socket.remoteAddress };
    log.event("warning", "relay cut off", { reason, ...session, ...details });
    socket.destroy();
  }

  #data(chunk: Buffer): void {
    this.#share.take(chunk.length);
    this.#parse(() => this.#parser.feed(chunk));
  }

  #parse(step: () => RelpFault | undefined): void {
    try {
      const fault = step();
      if (fault === undefined) this.#afterParsing();
      else this.cutOff(fault);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What a stage throws costs this session and not the process: what was not acknowledged comes again. */
  readonly #fail = (error: unknown): void => this.cutOff("failure", { error: String(error) });

  #afterParsing(): void {
    this.#times.parsed();
    if (this.#intake.node !== "") this.#attendance.heard(this.#intake.node);
    if (this.#waitingClaim !== undefined || this.#isFull) this.#flush();
    // Whatever was flushed by now: only the end of its turn lets a relay that has used up its share read on.
    if (this.#waitingClaim === undefined) this.#scheduleFlush();
    if (this.#mustWait()) this.#options.socket.pause();
  }

  /** After this turn's reads: libuv hands over up to 32 of a busy socket, and they make one batch. */
  #scheduleFlush(): void {
    if (this.#flushIsScheduled) return;
    this.#flushIsScheduled = true;
    setImmediate(() => {
      if (this.#batch.isScattered) setTimeout(() => this.#scheduledFlush(), CONNECTION_LIMITS.gatherMs);
      else this.#scheduledFlush();
    });
  }

  #scheduledFlush(): void {
    this.#flushIsScheduled = false;
    this.#share.renew();
    this.#flush();
    this.#readOn();
  }

  #message(data: Buffer, at: number, end: number): boolean {
    // A BEGIN needs answers that take time (who is this uid?): the session stops until it is stored.
    this.#waitingClaim = this.#intake.take(data, at, end);
    if (this.#waitingClaim !== undefined) return false;
    this.#unanswered += 1;
    this.#lastTxnr = this.#parser.txnr;
    return true;
  }

  #flush(): void {
    if (this.#inFlight) return;
    // BEGINs in a row are answered together: a write for each would cost more than all else of it.
    if (this.#waitingClaim !== undefined && this.#batch.isEmpty) {
      void this.#claim(this.#waitingClaim);
    } else if (this.#unanswered > 0) {
      const flight = { taken: this.#batch.take(), lastTxnr: this.#lastTxnr, count: this.#unanswered };
      this.#unanswered = 0;
      this.#options.metrics.frames.inc(flight.count);
      this.#options.metrics.lines.inc(flight.taken.lines);
      this.#options.metrics.criBytes.inc(flight.taken.bytes);
      this.#offer(flight);
    } else if (this.#closeTxnr > 0) {
      this.#options.socket.end(closeReply(this.#closeTxnr));
      this.#closeTxnr = 0;
    }
  }

  #offer(flight: Flight<Slot>): void {
    this.#inFlight = true;
    // Also when there are none: what the store has of BEGINs has to outlive the process, too.
    try {
      const outcome = this.#options.store.store(flight.taken.items);
      if (typeof outcome === "string") this.#settle(flight, outcome);
      else outcome.then((later) => this.#settle(flight, later)).catch(this.#fail);
    } catch (error) {
      this.#fail(error);
    }
  }

  #settle(flight: Flight<Slot>, outcome: "stored" | "unavailable"): void {
    if (outcome === "unavailable") {
      this.#retryLater(() => this.#offer(flight));
      return;
    }
    flight.taken.release();
    this.#inFlight = false;
    this.#times.answered();
    const { socket } = this.#options;
    if (socket.writable) socket.write(acknowledgements(flight.lastTxnr, flight.count));
    this.#flush();
    this.#readOn();
  }

  async #claim(claim: Claim): Promise<void> {
    this.#inFlight = true;
    try {
      const outcome = await this.#options.store.claim(claim);
      if (outcome === "unavailable") return this.#retryLater(() => void this.#claim(claim));
      this.#claimsInTurn += 1;
      if (this.#claimsInTurn < CONNECTION_LIMITS.claimsATurn) this.#claimed();
      else setImmediate(() => this.#claimed());
    } catch (error) {
      this.#fail(error);
    }
  }

  #claimed(): void {
    if (this.#claimsInTurn >= CONNECTION_LIMITS.claimsATurn) this.#claimsInTurn = 0;
    this.#inFlight = false;
    this.#waitingClaim = undefined;
    this.#lastTxnr = this.#parser.txnr;
    this.#unanswered += 1;
    this.#parse(() => this.#parser.resume());
    this.#readOn();
  }

  #retryLater(again: () => void): void {
    const { socket } = this.#options;
    socket.pause();
    if (socket.destroyed) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      again();
    }, CONNECTION_LIMITS.retryAfterMs);
  }

  get #isFull(): boolean {
    const { maxBatchBytes, maxHeldBytes, maxUnansweredFrames } = CONNECTION_LIMITS;
    const { bytes, heldBytes } = this.#batch;
    return bytes >= maxBatchBytes || heldBytes >= maxHeldBytes || this.#unanswered >= maxUnansweredFrames;
  }

  #mustWait(): boolean {
    return (
      this.#retry !== undefined ||
      this.#waitingClaim !== undefined ||
      this.#isFull ||
      this.#share.isUsedUp ||
      this.#options.socket.writableLength >= CONNECTION_LIMITS.maxReplyBytes
    );
  }

  #readOn(): void {
    const { socket } = this.#options;
    if (socket.isPaused() && !this.#mustWait()) socket.resume();
  }
}
