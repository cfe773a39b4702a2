import type { Socket } from "node:net";
import type { Claim } from "../../frame/item.ts";
import type { LogFields } from "../../host/log.ts";
import type { LoopTurns } from "../../host/loop-turns.ts";
import type { Attendance } from "../figures/relay-presence.ts";
import { Batch } from "../frames/batch.ts";
import { FrameIntake, type FrameIntakeOptions } from "../frames/frame-intake.ts";
import { type RelpFault, RelpParser } from "../relp/relp-parser.ts";
import { acknowledgements, closeReply, openReply } from "../relp/relp-replies.ts";
import { CONNECTION_LIMITS } from "./connection-limits.ts";
import { SessionTimes, type SessionTimesOptions } from "./session-times.ts";
import { StoreOffers } from "./store-offers.ts";
import { type QuietRelays, TurnAllowance } from "./turn-allowance.ts";

export interface ConnectionOptions<Slot>
  extends SessionTimesOptions,
    Omit<FrameIntakeOptions<Slot>, "batch" | "attendance"> {
  readonly socket: Socket;
  readonly quiet: QuietRelays;
  /** Shared by all sessions: bounds their time in each turn of the event loop. */
  readonly turns: LoopTurns;
}

/**
 * One relay's session: RELP commands in, batches to the store, acknowledgements out once stored.
 *
 * The store has one batch at a time; whatever arrives meanwhile gathers in the next, so batches grow with the load and
 * a quiet line travels alone. It owns its socket: nobody else writes to it or closes it.
 */
export class RelayConnection<Slot> {
  readonly #options: ConnectionOptions<Slot>;
  readonly #parser: RelpParser;
  readonly #batch: Batch<Slot>;
  readonly #intake: FrameIntake<Slot>;
  readonly #offers: StoreOffers<Slot>;
  readonly #allowance: TurnAllowance;
  readonly #times: SessionTimes;
  readonly #attendance: Attendance;
  #unanswered = 0;
  #lastTxnr = 0;
  #flushIsScheduled = false;
  #waitingClaim: Claim | undefined;
  #closeTxnr = 0;
  /** Reads waiting for a turn to be parsed. */
  #unparsed = 0;
  #isStopped = false;

  constructor(options: ConnectionOptions<Slot>) {
    this.#options = options;
    this.#batch = new Batch(options.pool);
    const { store, pool, node, log, metrics, turns } = options;
    this.#allowance = new TurnAllowance(options.quiet, options.nowMs);
    this.#offers = new StoreOffers({
      ...{ store, turns, nowMs: options.nowMs, onFailure: this.#fail },
      onUnavailable: () => void options.socket.pause(),
    });
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
    // Store what has arrived even without a relay to acknowledge it to: this may be its only copy.
    options.socket.on("close", () => {
      this.#attendance.leave();
      this.#offers.abandon();
      this.#flush();
    });
  }

  /** Node whose frame came last. */
  get node(): string {
    return this.#intake.node;
  }

  /** Whether the relay has spoken RELP. */
  get hasOpened(): boolean {
    return this.#parser.txnr > 0;
  }

  /** Whether nothing of this session waits for the store, and no frame is half received. */
  get isIdle(): boolean {
    return !this.#owesAnswer && this.#unanswered + this.#unparsed + this.#parser.waitingBytes === 0;
  }

  /** Ends a session that takes too long. Called about once a second. */
  checkTime({ isSuperseded }: { readonly isSuperseded: boolean }): void {
    const fault = this.#times.fault({ owesAnswer: this.#owesAnswer, isSuperseded });
    if (fault !== undefined) this.cutOff(fault);
  }

  /** Ends the session when the collector stops. First stores and acknowledges what has arrived, if the store can. */
  stop(): void {
    this.#isStopped = true;
    this.#offers.stop();
    this.#flush();
    const { socket } = this.#options;
    if (socket.writable) socket.end("0 serverclose 0\n");
    socket.destroySoon();
  }

  /** Ends the session at once. @param reason One of a fixed set, for the counter. @param details For the log. */
  cutOff(reason: string, details: LogFields = {}): void {
    const { log, metrics, socket } = this.#options;
    metrics.refusedSessions(reason).inc();
    const session = { node: this.#intake.node, address: socket.remoteAddress };
    log.event("warning", "relay cut off", { reason, ...session, ...details });
    socket.destroy();
  }

  #data(chunk: Buffer): void {
    this.#allowance.take(chunk.length);
    this.#unparsed += 1;
    this.#options.turns.soon(() => {
      this.#unparsed -= 1;
      // The data was not acknowledged, so the relay sends it again.
      if (this.#isStopped) return;
      this.#parse(() => this.#parser.feed(chunk));
      this.#readOn();
    });
    if (this.#unparsed > 0) this.#options.socket.pause();
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

  /** A stage's exception ends this session, not the process: the relay resends whatever was not acknowledged. */
  readonly #fail = (error: unknown): void => this.cutOff("failure", { error: String(error) });

  #afterParsing(): void {
    this.#times.parsed();
    if (this.#intake.node !== "") this.#attendance.heard(this.#intake.node);
    if (this.#waitingClaim !== undefined || this.#isFull) this.#flush();
    // After a flush as well: a relay that has used up its allowance is read again only after its turn.
    if (this.#waitingClaim === undefined) this.#scheduleFlush();
    if (this.#mustWait()) this.#options.socket.pause();
  }

  /** Waits for this turn's reads: libuv delivers up to 32 from a busy socket, and they make one batch. */
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
    this.#allowance.renew();
    this.#flush();
    this.#readOn();
  }

  #message(data: Buffer, at: number, end: number): boolean {
    // Binding a BEGIN may take time (a look-up, files): the session pauses until it is done.
    this.#waitingClaim = this.#intake.take(data, at, end);
    if (this.#waitingClaim !== undefined) return false;
    this.#unanswered += 1;
    this.#lastTxnr = this.#parser.txnr;
    return true;
  }

  #flush(): void {
    if (this.#offers.isBusy) return;
    // BEGINs in a row are acknowledged together: one write each would cost more than the rest of the work.
    if (this.#waitingClaim !== undefined && this.#batch.isEmpty) {
      this.#offers.claim(this.#waitingClaim, () => this.#claimed());
    } else if (this.#unanswered > 0) {
      const taken = this.#batch.take();
      const [lastTxnr, count] = [this.#lastTxnr, this.#unanswered];
      this.#unanswered = 0;
      this.#options.metrics.frames.inc(count);
      this.#options.metrics.lines.inc(taken.lines);
      this.#options.metrics.criBytes.inc(taken.bytes);
      this.#offers.batch(taken.items, () => {
        taken.release();
        this.#acknowledge(lastTxnr, count);
      });
    } else if (this.#closeTxnr > 0) {
      this.#options.socket.end(closeReply(this.#closeTxnr));
      this.#closeTxnr = 0;
    }
  }

  #acknowledge(lastTxnr: number, count: number): void {
    this.#times.answered();
    const { socket } = this.#options;
    if (socket.writable) socket.write(acknowledgements(lastTxnr, count));
    this.#flush();
    this.#readOn();
  }

  #claimed(): void {
    this.#waitingClaim = undefined;
    this.#lastTxnr = this.#parser.txnr;
    this.#unanswered += 1;
    if (this.#isStopped) return;
    this.#parse(() => this.#parser.resume());
    this.#readOn();
  }

  /** Whether frames wait for the store. */
  get #owesAnswer(): boolean {
    return this.#offers.isBusy || this.#waitingClaim !== undefined;
  }

  get #isFull(): boolean {
    const { maxBatchBytes, maxHeldBytes, maxUnansweredFrames } = CONNECTION_LIMITS;
    const { bytes, heldBytes } = this.#batch;
    return bytes >= maxBatchBytes || heldBytes >= maxHeldBytes || this.#unanswered >= maxUnansweredFrames;
  }

  #mustWait(): boolean {
    return (
      this.#unparsed > 0 ||
      this.#offers.isWaiting ||
      this.#waitingClaim !== undefined ||
      this.#isFull ||
      this.#allowance.isUsedUp ||
      this.#options.socket.writableLength >= CONNECTION_LIMITS.maxReplyBytes
    );
  }

  #readOn(): void {
    const { socket } = this.#options;
    if (socket.isPaused() && !this.#mustWait()) socket.resume();
  }
}
