import type { WebSocket } from "ws";
import type { LineRange } from "../../src/wire/api.ts";
import type { ClientMessage, Target } from "../../src/wire/live.ts";
import { parseClientMessage } from "../../src/wire/live.ts";
import type { MockExecution } from "./mock-executions.ts";
import { criLines } from "./mock-lines.ts";

type Subscribe = Extract<ClientMessage, { t: "subscribe" }>;

const CHUNK_LINES = 500;

/** The `/live` side of the mock: holds subscriptions and sends them new lines. */
export class MockLive {
  readonly #executions: () => readonly MockExecution[];
  readonly #viewers = new Map<WebSocket, Map<number, Subscribe>>();
  /** Every message from viewers, oldest first. */
  readonly received: ClientMessage[] = [];
  /** The code with which subscriptions are refused, if they are. */
  refusal: string | undefined;

  constructor(executions: () => readonly MockExecution[]) {
    this.#executions = executions;
  }

  /** Number of open connections. */
  get viewers(): number {
    return this.#viewers.size;
  }

  accept(socket: WebSocket): void {
    const subscriptions = new Map<number, Subscribe>();
    this.#viewers.set(socket, subscriptions);
    socket.on("close", () => this.#viewers.delete(socket));
    socket.on("message", (data) => {
      const message = parseClientMessage(String(data));
      if (message === undefined) return;
      this.received.push(message);
      if (message.t === "unsubscribe") subscriptions.delete(message.id);
      else this.#subscribe({ socket, subscriptions, message });
    });
  }

  /** Sends lines `range` of an execution to everybody who watches it. */
  publish(execution: MockExecution, [from, to]: LineRange): void {
    for (let n = from; n <= to; n += CHUNK_LINES) {
      const message = linesMessage(execution, n, Math.min(to, n + CHUNK_LINES - 1));
      for (const [socket, subscriptions] of this.#viewers) {
        const watched = [...subscriptions.values()].some((each) => each.lines && covers(each.what, execution));
        if (watched) socket.send(message);
      }
    }
  }

  /** Sends an execution's state to all who watch it. */
  changed(execution: MockExecution): void {
    this.#toSubscribers(execution, (id) => ({ t: "execution", id, execution: execution.summary() }));
  }

  /** Reports lines that were not sent because the viewer was slow. */
  lost(execution: MockExecution, [from, to]: LineRange): void {
    const { x, node, owner } = execution.options;
    this.#toSubscribers(execution, (id) => ({ t: "lost", id, x, node, owner, from, to }));
  }

  /** Sends a sign of life to all connections. */
  beat(): void {
    for (const socket of this.#viewers.keys()) socket.send(JSON.stringify({ t: "beat" }));
  }

  /** Cuts all connections, as a restart of the collector does. */
  cut(): void {
    for (const socket of this.#viewers.keys()) socket.terminate();
  }

  #toSubscribers(execution: MockExecution, message: (id: number) => object): void {
    for (const [socket, subscriptions] of this.#viewers) {
      for (const { id, what } of subscriptions.values()) {
        if (covers(what, execution)) socket.send(JSON.stringify(message(id)));
      }
    }
  }

  #subscribe({ socket, subscriptions, message }: Subscription): void {
    if (this.refusal !== undefined) {
      socket.send(JSON.stringify({ t: "refused", id: message.id, code: this.refusal, message: "Refused" }));
      return;
    }
    subscriptions.set(message.id, message);
    for (const execution of this.#executions()) {
      if (!covers(message.what, execution)) continue;
      socket.send(JSON.stringify({ t: "execution", id: message.id, execution: execution.summary() }));
      if (message.from === "end" || !message.lines) continue;
      let n = execution.storedFrom(message.from);
      while (n !== undefined) {
        let to = n;
        while (to - n < CHUNK_LINES - 1 && execution.storedFrom(to + 1) === to + 1) to += 1;
        socket.send(linesMessage(execution, n, to));
        n = execution.storedFrom(to + 1);
      }
    }
    socket.send(JSON.stringify({ t: "live", id: message.id }));
  }
}

interface Subscription {
  readonly socket: WebSocket;
  readonly subscriptions: Map<number, Subscribe>;
  readonly message: Subscribe;
}

function covers(what: Target, { options }: MockExecution): boolean {
  if ("all" in what) return true;
  if (what.owner !== undefined && what.owner !== options.owner) return false;
  if ("job" in what)
    return what.job === (options.job ?? options.x) && (what.run === undefined || what.run === (options.run ?? "1"));
  return what.x === options.x && (what.node === undefined || what.node === options.node);
}

function linesMessage(execution: MockExecution, from: number, to: number): Buffer {
  const { x, node, owner } = execution.options;
  const header = JSON.stringify({ x, node, owner, n: from, count: to - from + 1 });
  return Buffer.concat([Buffer.from(`${header}\n`), criLines(execution, from, to)]);
}
