import type { Execution } from "../../src/wire/api.ts";
import type { ClientMessage, Target } from "../../src/wire/live.ts";
import { parseServerMessage } from "../../src/wire/live.ts";
import type { BackOffOptions } from "./back-off.ts";
import { BackOff } from "./back-off.ts";
import type { ExecutionKey } from "./execution-key.ts";
import type { LiveLines } from "./live-lines.ts";
import { parseLiveLines } from "./live-lines.ts";
import { MessageQueue } from "./message-queue.ts";
import { OVERDUE_AFTER_MS, SilenceWatch } from "./silence-watch.ts";

/** Callbacks of a view, called from the socket's events; `subscribe` may call `what` and `from` as well. */
export interface Subscriber {
  /** Called, like `from`, at each subscription: `from` says where to start, and whether lines are wanted at all. */
  what(): Target;
  from(): { readonly from: number | "end"; readonly lines: boolean };
  onExecution(execution: Execution): void;
  /** Lines of any execution: binary messages name no subscription. */
  onLines?(lines: LiveLines): void;
  onLost?(lost: ExecutionKey & { from: number; to: number }): void;
  /** All history has been sent. Called again after each reconnect. */
  onLive(): void;
  /** The session is over, and with it this subscription: the next one may be of another user. */
  onSignedOut?(): void;
}

/** `refused`: connected, but the collector cannot give what was subscribed; it is asked again. */
export type LiveStatus = "connecting" | "connected" | "refused" | "waiting";

export interface Subscription {
  /** Calls `from()` again and resubscribes with the result. */
  renew(): void;
  close(): void;
}

/** The parts of a WebSocket that the client uses. `onClose` fires once, even if the socket never opened. */
export type LiveSocket = Pick<WebSocket, "send" | "close">;

export interface LiveHandlers {
  readonly onOpen: () => void;
  /** Text, or an ArrayBuffer. */
  readonly onMessage: (data: unknown) => void;
  readonly onClose: () => void;
}

interface LiveClientOptions extends BackOffOptions {
  readonly open: (handlers: LiveHandlers) => LiveSocket;
  readonly wallMs: () => number;
  readonly onStatus: (status: LiveStatus) => void;
  /** Called when the socket was refused before it opened; the session may be over. */
  readonly onRefusedAtOpen: () => void;
}

/** Refusals caused by the address itself: the page shows them, and asking again changes nothing. */
const FINAL: readonly string[] = ["not_found", "several_owners"];

/**
 * One WebSocket to `/live`, open while there are subscriptions, and reopened with back-off when it breaks or falls
 * silent.
 */
export class LiveClient {
  readonly #options: LiveClientOptions;
  readonly #subscribers = new Map<number, Subscriber>();
  /** Subscriptions to repeat after a wait. */
  readonly #refused = new Set<number>();
  readonly #reconnecting: BackOff;
  readonly #renewing: BackOff;
  readonly #silence: SilenceWatch;
  readonly #messages: MessageQueue;
  #socket: LiveSocket | undefined;
  #opened = false;
  #lastId = 0;

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.#reconnecting = new BackOff(options);
    this.#renewing = new BackOff(options);
    const { after, wallMs } = options;
    this.#silence = new SilenceWatch({ after, wallMs, onSilent: () => this.#replace() });
    this.#messages = new MessageQueue({
      ...{ after, wallMs },
      handle: (data) => (typeof data === "string" ? this.#onText(data) : this.#onLines(data)),
    });
  }

  /** Time since the collector was last heard. */
  get silentMs(): number {
    return this.#silence.silentMs;
  }

  subscribe(subscriber: Subscriber): Subscription {
    let id = this.#add(subscriber);
    this.#connect();
    return {
      renew: () => {
        this.#remove(id);
        id = this.#add(subscriber);
      },
      close: () => this.#remove(id),
    };
  }

  /** Call when network, page or machine are back: reconnects at once if a beat is overdue. */
  wake(): void {
    if (this.#socket !== undefined && this.#silence.silentMs >= OVERDUE_AFTER_MS) this.#replace();
    else this.retryNow();
  }

  /** Tries again at once, because the user asks. */
  retryNow(): void {
    if (this.#reconnecting.isWaiting) {
      this.#reconnecting.stop();
      this.#connect();
    } else if (this.#renewing.isWaiting) {
      this.#renewing.stop();
      this.#renew();
    }
  }

  /** Ends the connection and forgets the subscribers, as at sign-out. */
  close(): void {
    const subscribers = [...this.#subscribers.values()];
    this.#subscribers.clear();
    for (const { onSignedOut } of subscribers) onSignedOut?.();
    this.#messages.clear();
    this.#refused.clear();
    this.#reconnecting.stop();
    this.#renewing.stop();
    this.#silence.stop();
    this.#socket?.close();
  }

  #add(subscriber: Subscriber): number {
    this.#lastId += 1;
    this.#subscribers.set(this.#lastId, subscriber);
    if (this.#opened) this.#sendSubscribe(this.#lastId, subscriber);
    return this.#lastId;
  }

  #remove(id: number): void {
    this.#refused.delete(id);
    if (this.#subscribers.delete(id) && this.#opened) this.#send({ t: "unsubscribe", id });
  }

  #connect(): void {
    if (this.#socket !== undefined || this.#reconnecting.isWaiting) return;
    this.#options.onStatus("connecting");
    this.#silence.start();
    const ifCurrent = (act: () => void): void => {
      if (this.#socket === socket) act();
    };
    const socket = this.#options.open({
      onOpen: () => ifCurrent(() => this.#onOpen()),
      onMessage: (data) => ifCurrent(() => this.#onMessage(data)),
      onClose: () => ifCurrent(() => this.#onClose()),
    });
    this.#socket = socket;
  }

  /** Abandons a dead connection without waiting for its close, which would take a minute. */
  #replace(): void {
    const dead = this.#socket;
    this.#ended();
    dead?.close();
    if (this.#subscribers.size > 0) this.#connect();
  }

  #onOpen(): void {
    this.#opened = true;
    this.#options.onStatus("connected");
    for (const [id, subscriber] of this.#subscribers) this.#sendSubscribe(id, subscriber);
  }

  #onMessage(data: unknown): void {
    this.#silence.heard();
    // A collector that accepts and closes at once must not reset the back-off: only a message does.
    this.#reconnecting.reset();
    if (data instanceof ArrayBuffer || typeof data === "string") this.#messages.take(data);
  }

  #onClose(): void {
    const refused = !this.#opened;
    this.#ended();
    if (this.#subscribers.size === 0) return;
    if (refused) this.#options.onRefusedAtOpen();
    this.#options.onStatus("waiting");
    this.#reconnecting.wait(() => {
      if (this.#subscribers.size > 0) this.#connect();
    });
  }

  #ended(): void {
    this.#messages.flush();
    this.#socket = undefined;
    this.#opened = false;
    this.#refused.clear();
    this.#renewing.stop();
    this.#silence.stop();
  }

  #onLines(data: ArrayBuffer): void {
    const lines = parseLiveLines(data);
    if (lines === undefined) return;
    for (const subscriber of [...this.#subscribers.values()]) subscriber.onLines?.(lines);
  }

  #onText(text: string): void {
    const message = parseServerMessage(text);
    if (message === undefined || message.t === "beat") return;
    const subscriber = this.#subscribers.get(message.id);
    if (subscriber === undefined) return;
    if (message.t === "live") this.#onLive(subscriber);
    else if (message.t === "execution") subscriber.onExecution(message.execution);
    else if (message.t === "lost") subscriber.onLost?.(message);
    else if (!FINAL.includes(message.code)) this.#onRefused(message.id);
  }

  #onLive(subscriber: Subscriber): void {
    if (this.#refused.size === 0) {
      this.#renewing.reset();
      this.#options.onStatus("connected");
    }
    subscriber.onLive();
  }

  #onRefused(id: number): void {
    this.#refused.add(id);
    this.#options.onStatus("refused");
    this.#renewing.wait(() => this.#renew());
  }

  #renew(): void {
    const ids = [...this.#refused];
    this.#refused.clear();
    for (const id of ids) {
      const subscriber = this.#subscribers.get(id);
      if (subscriber !== undefined) this.#sendSubscribe(id, subscriber);
    }
  }

  #sendSubscribe(id: number, subscriber: Subscriber): void {
    this.#send({ t: "subscribe", id, what: subscriber.what(), ...subscriber.from() });
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }
}
