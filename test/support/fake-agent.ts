import { randomBytes } from "node:crypto";
import type { Msg, MsgCallback, NatsConnection } from "@nats-io/transport-node";
import { CollectorSession } from "../../src/agent/link/collector-session.ts";
import type { BrokerAddress } from "../../src/fleet/link/connect.ts";
import { after } from "../../src/host/after.ts";
import type { Answer } from "../../src/wire/fleet/answer.ts";
import type { FleetEvent, FleetEventOf } from "../../src/wire/fleet/event.ts";
import { type Order, parseOrder } from "../../src/wire/fleet/order.ts";
import type { Presence } from "../../src/wire/fleet/presence.ts";
import { parseSignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { SUBJECTS } from "../../src/wire/fleet/subjects.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { connectNode, SILENT } from "./fleet-broker.ts";
import { poll } from "./poll.ts";

/** Time for a busy collector's answer; a collector that is gone must not use up a test's time. */
const ANSWER_WITHIN_MS = 5_000;
const newId = () => makeExecutionId(Date.now(), randomBytes(16));

/** A node's agent that the test plays: it takes orders, and reports what the test chooses. */
export class FakeAgent {
  readonly node: string;
  readonly orders: Order[] = [];
  journal = newId();
  start = newId();
  sequence = 1;
  /** How often the agent was asked to report each second. */
  watched = 0;
  readonly #connection: NatsConnection;
  readonly #session: CollectorSession;

  private constructor({ node, pki }: { pki: string; node: string }, connection: NatsConnection) {
    this.node = node;
    this.#connection = connection;
    this.#session = new CollectorSession({
      ...{ nats: connection, node, pki, log: SILENT, wallMs: Date.now, after },
      onOpen: () => undefined,
    });
    connection.subscribe(SUBJECTS.watch, {
      callback: () => {
        this.watched += 1;
      },
    });
    const callback: MsgCallback<Msg> = (_, message) => {
      if (this.#session.hears(message)) return;
      const signed = parseSignedOrder(message.string());
      const order = signed === undefined ? undefined : parseOrder(signed.order);
      if (order !== undefined) this.orders.push(order);
    };
    for (const subject of [SUBJECTS.orders(node), SUBJECTS.questions(node), SUBJECTS.allQuestions])
      connection.subscribe(subject, { callback });
  }

  static async connect(at: BrokerAddress, place: { pki: string; node: string }): Promise<FakeAgent> {
    const agent = new FakeAgent(place, await connectNode(at, { ...place, isLasting: true }));
    agent.#session.hello();
    await agent.#opened();
    return agent;
  }

  /** The collector knows this agent: after a restart of either that takes a moment. */
  async #opened(): Promise<void> {
    await poll(`a session of ${this.node}`, () => this.#session.isOpen);
  }

  async beSeen(more: Partial<Presence> = {}): Promise<void> {
    const presence: Presence = {
      v: 1,
      start: this.start,
      at: Date.now(),
      agent: "test",
      journal: this.journal,
      sequence: this.sequence,
      load: 0.5,
      memoryBytes: 8 * 2 ** 30,
      memoryFreeBytes: 4 * 2 ** 30,
      uptimeSeconds: 60,
      running: 0,
      open: [],
      facts: null,
      ...more,
    };
    await this.#opened();
    this.#session.publish(SUBJECTS.presence(this.node), JSON.stringify(presence));
    await this.#connection.flush();
  }

  /** Sends this node's answer to a question. */
  say(run: string, answer: Answer): void {
    this.#session.publish(SUBJECTS.answers(this.node, run), JSON.stringify(answer));
  }

  /** Reports presence this many times at once. */
  flood(count: number): void {
    for (let i = 0; i < count; i += 1) this.#session.publish(SUBJECTS.presence(this.node), "{}");
  }

  get isClosed(): boolean {
    return this.#connection.isClosed();
  }

  /** Starts the agent anew; it forgets everything before. */
  restart(): void {
    this.start = newId();
    this.orders.length = 0;
  }

  untilOrder(kind: Order["kind"]): Promise<Order> {
    return poll(`an order to ${kind}`, () => this.orders.find((order) => order.kind === kind));
  }

  async tell(event: FleetEvent): Promise<string> {
    await this.#opened();
    const reply = await this.#session.request(JSON.stringify(event), ANSWER_WITHIN_MS);
    if (reply === undefined) throw new Error(`The answer to ${event.kind} is not the collector's`);
    return reply.answer;
  }

  /** Reports a state of a run. */
  state(of: Pick<Order, "run" | "user">, more: Partial<FleetEventOf<"state">>): Promise<string> {
    this.sequence += 1;
    return this.tell({
      v: 1,
      kind: "state",
      journal: this.journal,
      sequence: this.sequence,
      at: Date.now(),
      run: of.run,
      user: of.user,
      state: "accepted",
      why: "",
      text: "",
      code: null,
      signal: null,
      by: "",
      digest: "",
      ...more,
    });
  }

  /** Reports how a call ended. */
  result(of: Pick<Order, "run" | "user">, more: Partial<FleetEventOf<"result">>): Promise<string> {
    this.sequence += 1;
    const head = { v: 1, kind: "result", journal: this.journal, sequence: this.sequence, at: Date.now() } as const;
    const ended = { state: "failed", why: "", text: "", code: null, signal: null, digest: "", output: "" } as const;
    return this.tell({ ...head, run: of.run, user: of.user, ...ended, ...more });
  }

  /** Asks whether its journal is the known one. */
  greet(more: { journal?: string; sequence?: number } = {}): Promise<string> {
    const { journal, sequence, start } = { ...this, ...more };
    return this.tell({ v: 1, kind: "journal", journal, sequence, at: Date.now(), created: Date.now(), start });
  }
}
