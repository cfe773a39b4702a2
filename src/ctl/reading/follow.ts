import { setTimeout as pause } from "node:timers/promises";
import type { Execution } from "../../wire/api.ts";
import { type ClientMessage, parseLinesMessage, parseServerMessage } from "../../wire/live.ts";
import { CtlError } from "../command.ts";
import { type Collector, trustOf } from "../remote/collector.ts";
import { type RemoteLine, readLines } from "../remote/lines.ts";

export interface FollowOptions {
  readonly execution: Execution;
  /** The next number. */
  readonly from: number;
  readonly onLine: (line: RemoteLine) => Promise<void>;
}

/** The collector restarts, or the network is away: tried again this often in a row, after a second each. */
const MAX_ATTEMPTS = 60;
const TRY_AGAIN_AFTER_MS = 1_000;
const SESSION_ENDED = 4_401;
/** Close codes that another attempt does not change: malformed messages, and the end of the session. */
const FINAL_CODES: readonly number[] = [1_003, 1_008, SESSION_ENDED];
/** What ws says of a refused request: all of these but "too many" stay refused. */
const REFUSED = /server response: 4(?!29)\d\d/;

type Event =
  | { readonly is: "lines"; readonly text: string }
  | { readonly is: "message"; readonly text: string }
  | { readonly is: "closed"; readonly code: number; readonly reason: string };

/** New lines of an execution as they arrive, until it has ended and all of them are here. Resolves with its last state. */
export async function follow(collector: Collector, options: FollowOptions): Promise<Execution> {
  const following = new Following(collector, options);
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await following.untilClosed();
    if (outcome.is === "ended") return following.execution;
    if (following.hasHeard) attempt = 1;
    const { code, reason } = outcome;
    if (code === SESSION_ENDED || reason.endsWith(": 401"))
      throw new CtlError("Cannot follow: the token has ended. Sign in again: mlctl login");
    if (FINAL_CODES.includes(code) || REFUSED.test(reason) || attempt >= MAX_ATTEMPTS)
      throw new CtlError(`Cannot follow: ${reason || `the connection was closed (${code})`}`);
    await pause(TRY_AGAIN_AFTER_MS);
  }
}

class Following {
  execution: Execution;
  /** The last connection brought something. */
  hasHeard = false;
  readonly #collector: Collector;
  readonly #onLine: FollowOptions["onLine"];
  #next: number;
  #isLive = false;

  constructor(collector: Collector, { execution, from, onLine }: FollowOptions) {
    this.#collector = collector;
    this.execution = execution;
    this.#next = from;
    this.#onLine = onLine;
  }

  /** One connection, to its end. */
  async untilClosed(): Promise<{ is: "ended" } | { is: "closed"; code: number; reason: string }> {
    this.hasHeard = false;
    this.#isLive = false;
    const socket = await openSocket(this.#collector);
    const { x, node, owner } = this.execution;
    const what = { x, node, owner };
    socket.send(JSON.stringify({ t: "subscribe", id: 1, what, from: this.#next, lines: true } satisfies ClientMessage));
    try {
      for await (const event of socket.events) {
        if (event.is === "closed") return event;
        this.hasHeard = true;
        if (event.is === "lines") await this.#takeLines(event.text);
        else await this.#takeMessage(event.text);
        if (this.#isLive && this.#hasEnded) {
          // Whatever a merge or a slow connection kept from arriving.
          await this.#fetch(this.#next, this.execution.lastN);
          return { is: "ended" };
        }
      }
      return { is: "closed", code: 1_006, reason: "" };
    } finally {
      socket.close();
    }
  }

  get #hasEnded(): boolean {
    return this.execution.state !== "running" && this.execution.delivery !== "receiving";
  }

  async #takeLines(text: string): Promise<void> {
    const message = parseLinesMessage(text);
    for (const { n, time, stream, text: line, fragment } of message?.lines ?? [])
      await this.#print({ n, time, stream, bytes: Buffer.from(line, "latin1"), isPiece: fragment });
  }

  async #takeMessage(text: string): Promise<void> {
    const message = parseServerMessage(text);
    if (message?.t === "refused") throw new CtlError(`Cannot follow: ${message.message}`);
    if (message?.t === "live") this.#isLive = true;
    if (message?.t === "execution") this.execution = message.execution;
    if (message?.t === "lost") await this.#fetch(message.from, message.to);
  }

  async #fetch(from: number, to: number): Promise<void> {
    for await (const line of readLines(this.#collector, this.execution, { from, to })) await this.#print(line);
  }

  async #print(line: RemoteLine): Promise<void> {
    await this.#onLine(line);
    this.#next = Math.max(this.#next, line.n + 1);
  }
}

/** A WebSocket as a queue: while a line is printed, the next ones wait in it, and the collector notices. */
async function openSocket(collector: Collector) {
  // Loaded only here: every other command starts without it.
  const { default: WebSocket } = await import("ws");
  const { url, ca, token = "" } = collector.options;
  const address = `${url.replace(/^http/, "ws")}/live`;
  const socket = new WebSocket(address, { headers: { authorization: `Bearer ${token}` }, ...trustOf(ca) });
  const waiting: Event[] = [];
  let wake = (): void => undefined;
  const add = (event: Event): void => {
    waiting.push(event);
    // At most what one read of the socket brings waits here.
    if (event.is !== "closed") socket.pause();
    wake();
  };
  let failure = "";
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    add(isBinary ? { is: "lines", text: data.toString("latin1") } : { is: "message", text: data.toString("utf8") });
  });
  socket.on("error", (error: Error) => {
    failure = error.message;
  });
  socket.on("close", (code: number) => add({ is: "closed", code, reason: failure }));
  async function* events(): AsyncGenerator<Event> {
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) yield event;
      else {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        socket.resume();
        await woken;
      }
    }
  }
  const opened = new Promise<void>((resolve) => {
    socket.once("open", resolve).once("close", () => resolve());
  });
  await opened;
  return {
    events: events(),
    send: (text: string) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => socket.terminate(),
  };
}
