import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { LoopTurns } from "../host/loop-turns.ts";
import type { ApiError } from "../wire/api-error.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { type ClientMessage, parseClientMessage, type ServerMessage } from "../wire/live.ts";
import { SeveralOwnersError } from "../wire/several-owners-error.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { Loss } from "./backlog.ts";
import type { LiveHub } from "./hub.ts";
import type { LiveMetrics } from "./live-metrics.ts";
import { Outbox } from "./outbox.ts";
import type { History } from "./ports.ts";
import { Subscription } from "./subscription.ts";

interface ConnectionOptions {
  readonly ws: WebSocket;
  /** The socket under `ws`. */
  readonly socket: Socket;
  readonly viewer: Viewer;
  readonly hub: LiveHub;
  readonly history: History;
  /** Shared by all viewers: their requests take turns. */
  readonly turns: LoopTurns;
  readonly limits: { readonly maxBytes: number; readonly maxLines: number };
  readonly log: Log;
  readonly audit: Audit;
  /** The viewer's address. */
  readonly address: string | undefined;
  readonly metrics: LiveMetrics;
}

/** Codes of RFC 6455, section 7.4.1, and of its registry: 1012, connect again, and 1013, try again later. */
const CLOSE = {
  goingAway: 1001,
  noText: 1003,
  malformed: 1008,
  seesLess: 1012,
  tooSlow: 1013,
  sessionEnded: 4401,
} as const;

const BEAT = JSON.stringify({ t: "beat" } satisfies ServerMessage);

/** How long a peer may take to answer a close before its socket is destroyed. */
const CLOSE_WITHIN_MS = 1_000;
/** A peer that reads 30 KB/s needs this long for the data that the kernels on both sides hold. */
const MAX_UNANSWERED_PINGS = 2;
/**
 * More than one read of a socket brings (64 KiB of messages with at least 26 octets). At this number the socket is
 * paused.
 */
const MAX_WAITING_MESSAGES = 4_096;
/** Executions whose history waits, in all subscriptions together: two whole lists, 800 octets for each. */
const MAX_CATCH_UPS = 20_000;

/** One viewer's WebSocket: its subscriptions, and everything sent to it. Owns the socket. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #outbox: Outbox;
  readonly #subscriptions = new Map<number, Subscription>();
  /** Messages to handle, in order; the first is being handled. */
  readonly #inbox: ClientMessage[] = [];
  /** Subscriptions waiting for their turn to read history, including those ended meanwhile. */
  #running = 0;
  #unanswered = 0;
  /** Octets that the kernel had taken at the last ping, if it would take no more before the peer reads. */
  #takenWhenFull: number | undefined;
  #isClosing = false;

  constructor(options: ConnectionOptions) {
    const { ws, socket, turns, limits, metrics } = options;
    this.#options = options;
    this.#outbox = new Outbox({
      ws,
      socket,
      turns,
      limits,
      onLost: (losses) => this.#tellLost(losses),
      onOverflow: () => this.close("tooSlow", "read too slowly"),
      countLostLines: (lines) => metrics.lostLines.inc(lines),
    });
    ws.on("message", (data, isBinary) => this.#receive(data, isBinary));
    // No pongs for a peer that does not read: they would pile up, and one pong answers all earlier pings (RFC 6455,
    // 5.5.3).
    ws.on("ping", (data) => {
      if (!socket.writableNeedDrain && !this.#isClosing) ws.pong(data);
    });
    ws.on("pong", () => {
      this.#unanswered = 0;
    });
    // A bad frame or a reset: ws closes by itself, and "close" follows.
    ws.on("error", () => metrics.closed("error").inc());
    ws.on("close", () => this.#end());
  }

  get viewer(): Viewer {
    return this.#options.viewer;
  }

  /**
   * Called every 30 s. Drops a peer that does not answer, unless it reads slowly: then the ping waits behind the lines.
   */
  ping(): void {
    const { ws, socket, metrics } = this.#options;
    if (this.#isClosing) return;
    const taken = socket.bytesWritten - socket.writableLength;
    if (this.#takenWhenFull !== undefined && taken > this.#takenWhenFull) this.#unanswered = 0;
    if (this.#unanswered === MAX_UNANSWERED_PINGS) {
      this.#end();
      metrics.closed("dead").inc();
      ws.terminate();
      return;
    }
    this.#unanswered += 1;
    this.#takenWhenFull = socket.writableLength > 0 ? taken : undefined;
    ws.ping();
  }

  /** Called every 10 s. A peer that reads slowly needs no beat: the lines that wait for it say the same. */
  beat(): void {
    if (this.#isClosing || this.#options.socket.writableNeedDrain) return;
    this.#outbox.text(BEAT);
  }

  /** Sends the reason, and destroys the socket if the peer does not answer. */
  close(why: keyof typeof CLOSE, reason: string): void {
    if (this.#isClosing) return;
    const { ws, metrics } = this.#options;
    this.#end();
    metrics.closed(why).inc();
    ws.close(CLOSE[why], reason);
    setTimeout(() => ws.terminate(), CLOSE_WITHIN_MS).unref();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isClosing) return;
    const message = isBinary ? undefined : parseClientMessage(data.toString());
    if (message === undefined) this.close(isBinary ? "noText" : "malformed", "not a message of this protocol");
    else if (this.#inbox.length >= MAX_WAITING_MESSAGES) this.close("malformed", "too many messages at once");
    else if (this.#inbox.push(message) === 1) void this.#handleInbox();
  }

  /** Handles one message per turn. A faster peer's messages wait in its socket, apart from those already read. */
  async #handleInbox(): Promise<void> {
    const { ws, turns } = this.#options;
    ws.pause();
    for (let [message] = this.#inbox; message !== undefined && !this.#isClosing; [message] = this.#inbox) {
      const next = message;
      await turns.run(() => this.#handle(next));
      this.#inbox.shift();
    }
    if (!this.#isClosing) ws.resume();
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (this.#isClosing) return;
    if (message.t === "unsubscribe") this.#forget(message.id, this.#subscriptions.get(message.id));
    else await this.#subscribe(message);
  }

  /** Ends when the subscription is open, or refused. */
  async #subscribe({ id, what, from, lines }: Extract<ClientMessage, { t: "subscribe" }>): Promise<void> {
    const { viewer, hub, history, log, audit, address } = this.#options;
    if (this.#subscriptions.has(id)) {
      const message = `Cannot subscribe: there is a subscription ${id} already`;
      return this.#refuse(id, { code: "bad_request", message });
    }
    const limit = WIRE_LIMITS.maxSubscriptions;
    if (this.#subscriptions.size >= limit || this.#running >= limit) {
      const message = `Cannot subscribe: ${limit} subscriptions are open, limit is ${limit}`;
      return this.#refuse(id, { code: "too_many", message });
    }
    const outbox = this.#outbox;
    const onUnreadable = (error: unknown) => log.event("error", "cannot read a log", { error: String(error) });
    const asked = { id, what, from, wantsLines: lines };
    const admitCatchUp = () => {
      if (this.#waiting < MAX_CATCH_UPS) return true;
      this.#forget(id, subscription);
      const message = `Cannot read history: ${MAX_CATCH_UPS} executions wait, limit is ${MAX_CATCH_UPS}`;
      this.#refuse(id, { code: "too_many", message });
      return false;
    };
    const subscription = new Subscription({ ...asked, viewer, hub, history, outbox, admitCatchUp, onUnreadable });
    this.#subscriptions.set(id, subscription);
    const failed = (error: unknown) => {
      const isUnclear = error instanceof SeveralOwnersError;
      if (!isUnclear) onUnreadable(error);
      const refusal = isUnclear
        ? { code: "several_owners", message: error.message, owners: error.owners }
        : { code: "unavailable", message: "The log cannot be read at the moment" };
      if (this.#forget(id, subscription)) this.#refuse(id, refusal);
    };
    const isOpen = await subscription.open().catch(failed);
    if (isOpen === false && this.#forget(id, subscription)) {
      this.#refuse(id, { code: "not_found", message: "There is no such execution" });
    }
    if (!isOpen) return;
    const owner = subscription.othersWatched;
    if (owner !== undefined) {
      const target = JSON.stringify(what);
      audit.record({ event: "admin-watch", outcome: "ok", user: viewer.user, address, owner, target });
    }
    this.#running += 1;
    void subscription
      .run()
      .catch(failed)
      .finally(() => {
        this.#running -= 1;
      });
  }

  get #waiting(): number {
    let waiting = 0;
    for (const subscription of this.#subscriptions.values()) waiting += subscription.waiting;
    return waiting;
  }

  /** False if it was forgotten before: the viewer may have reused this id. */
  #forget(id: number, subscription: Subscription | undefined): boolean {
    if (subscription === undefined || this.#subscriptions.get(id) !== subscription) return false;
    subscription.close();
    return this.#subscriptions.delete(id);
  }

  #refuse(id: number, error: ApiError["error"]): void {
    this.#options.metrics.refused(error.code).inc();
    this.#outbox.text(JSON.stringify({ t: "refused", id, ...error } satisfies ServerMessage));
  }

  #tellLost(losses: readonly Loss[]): void {
    for (const { source, ranges } of losses) {
      for (const subscription of this.#subscriptions.values()) subscription.lost(source, ranges);
    }
  }

  #end(): void {
    this.#isClosing = true;
    for (const subscription of this.#subscriptions.values()) subscription.close();
    this.#subscriptions.clear();
    this.#outbox.close();
  }
}
