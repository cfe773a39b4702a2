import type { Execution } from "../../src/wire/api.ts";
import type { ClientMessage, Target } from "../../src/wire/live.ts";
import { parseServerMessage } from "../../src/wire/live.ts";
import type { LiveLines } from "./live-lines.ts";
import { parseLiveLines } from "./live-lines.ts";

/** What a view wants to be told. All calls come from the socket's events, never from `subscribe` itself. */
export interface Subscriber {
  readonly what: Target;
  /** Asked at every connect: from where on, and whether lines are wanted at all. */
  from(): { readonly from: number | "end"; readonly lines: boolean };
  onExecution(execution: Execution): void;
  /** Lines of any execution: binary messages name no subscription. */
  onLines?(lines: LiveLines): void;
  onLost?(lost: { x: string; node: string; from: number; to: number }): void;
  /** History is sent. Comes again after each reconnect. */
  onLive(): void;
  onRefused?(code: string): void;
}

export type LiveStatus = "connecting" | "connected" | "waiting";

export interface Subscription {
  /** Asks `from()` again and subscribes anew with the answer. */
  renew(): void;
  close(): void;
}

/** What the client uses of a WebSocket, and what it wants to be told: `onClose` once, also where it never opened. */
export type LiveSocket = Pick<WebSocket, "send" | "close">;

export interface LiveHandlers {
  readonly onOpen: () => void;
  /** Text, or an ArrayBuffer. */
  readonly onMessage: (data: unknown) => void;
  readonly onClose: () => void;
}

export interface LiveClientOptions {
  readonly open: (handlers: LiveHandlers) => LiveSocket;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly random: () => number;
  readonly onStatus: (status: LiveStatus) => void;
  /** The socket was refused before it opened: perhaps the session is over. */
  readonly onRefusedAtOpen: () => void;
}

export const BACK_OFF = { firstMs: 500, factor: 2, mostMs: 15_000 } as const;

/** One WebSocket to `/live`, opened while anybody is subscribed and opened again, with back-off, when it breaks. */
export class LiveClient {
  readonly #options: LiveClientOptions;
  readonly #subscribers = new Map<number, Subscriber>();
  #socket: LiveSocket | undefined;
  #opened = false;
  #failures = 0;
  #lastId = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(options: LiveClientOptions) {
    this.#options = options;
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

  /** Tries again at once: the browser says that the network is back, or the user asks. */
  retryNow(): void {
    if (this.#cancelRetry === undefined) return;
    this.#cancelRetry();
    this.#cancelRetry = undefined;
    this.#connect();
  }

  /** Ends the connection and forgets the subscribers, as at sign-out. */
  close(): void {
    this.#subscribers.clear();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#socket?.close();
  }

  #add(subscriber: Subscriber): number {
    this.#lastId += 1;
    this.#subscribers.set(this.#lastId, subscriber);
    if (this.#opened) this.#sendSubscribe(this.#lastId, subscriber);
    return this.#lastId;
  }

  #remove(id: number): void {
    if (this.#subscribers.delete(id) && this.#opened) this.#send({ t: "unsubscribe", id });
  }

  #connect(): void {
    if (this.#socket !== undefined || this.#cancelRetry !== undefined) return;
    this.#options.onStatus("connecting");
    this.#socket = this.#options.open({
      onOpen: () => this.#onOpen(),
      onMessage: (data) => this.#onMessage(data),
      onClose: () => this.#onClose(),
    });
  }

  #onOpen(): void {
    this.#opened = true;
    this.#options.onStatus("connected");
    for (const [id, subscriber] of this.#subscribers) this.#sendSubscribe(id, subscriber);
  }

  #onMessage(data: unknown): void {
    // A collector that accepts and closes at once must not reset the back-off: only a message does.
    this.#failures = 0;
    if (data instanceof ArrayBuffer) this.#onLines(data);
    else if (typeof data === "string") this.#onText(data);
  }

  #onClose(): void {
    const refused = !this.#opened;
    this.#socket = undefined;
    this.#opened = false;
    if (this.#subscribers.size === 0) return;
    if (refused) this.#options.onRefusedAtOpen();
    const longestMs = Math.min(BACK_OFF.mostMs, BACK_OFF.firstMs * BACK_OFF.factor ** this.#failures);
    this.#failures += 1;
    // Half fixed, half random: a thousand viewers must not come back in the same instant.
    const waitMs = longestMs * (0.5 + this.#options.random() / 2);
    this.#options.onStatus("waiting");
    this.#cancelRetry = this.#options.after(waitMs, () => {
      this.#cancelRetry = undefined;
      if (this.#subscribers.size > 0) this.#connect();
    });
  }

  #onLines(data: ArrayBuffer): void {
    const lines = parseLiveLines(data);
    if (lines === undefined) return;
    for (const subscriber of [...this.#subscribers.values()]) subscriber.onLines?.(lines);
  }

  #onText(text: string): void {
    const message = parseServerMessage(text);
    const subscriber = message === undefined ? undefined : this.#subscribers.get(message.id);
    if (message === undefined || subscriber === undefined) return;
    if (message.t === "live") subscriber.onLive();
    else if (message.t === "execution") subscriber.onExecution(message.execution);
    else if (message.t === "lost") subscriber.onLost?.(message);
    else {
      this.#subscribers.delete(message.id);
      subscriber.onRefused?.(message.code);
    }
  }

  #sendSubscribe(id: number, subscriber: Subscriber): void {
    this.#send({ t: "subscribe", id, what: subscriber.what, ...subscriber.from() });
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }
}
