import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import type { Log } from "../../host/log.ts";
import type { Metrics } from "../../host/metrics.ts";
import { type EventAnswer, PROOF_HEADER } from "../../wire/fleet/event.ts";
import { ALL_NODES, SUBJECTS, senderOf } from "../../wire/fleet/subjects.ts";
import { FLEET_CERTIFICATES } from "../../wire/fleet-names.ts";
import { OutboxBusyError } from "../outbox/group-commit.ts";
import { type BrokerAddress, connectToBroker } from "./connect.ts";
import { MessageQueue } from "./message-queue.ts";

export interface Answered {
  readonly answer: EventAnswer;
  /** The collector's signature (`answer-proof`). */
  readonly proof?: string;
}

interface LinkOptions {
  readonly at: BrokerAddress;
  readonly pki: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  /** Resolves with the answer; without one, the node resends the event. */
  readonly onEvent: (node: string, text: string) => Promise<Answered | undefined>;
  readonly onPresence: (node: string, text: string) => void;
  readonly onAnswer: (node: string, id: string, text: string) => void;
  /** Called for a flooding node. */
  readonly onFlood: (node: string) => void;
}

/** Messages of one node per second. A busy node has tens: two for each run. */
const MAX_MESSAGES_A_SECOND = 500;

interface Received {
  readonly node: string;
  /** Id of the question, if the message is an answer. */
  readonly id?: string;
  readonly message: Msg;
}

const bytesOf = ({ message }: Received): number => message.data.length;

/**
 * The collector's side of the broker. Events have a separate connection, so that no flood of presence delays them. The name
 * of a message's sender is its subject's, which only this node may use.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #rates = new Map<string, { second: number; count: number }>();
  readonly #connections: NatsConnection[] = [];
  readonly #stopping = new AbortController();
  readonly #queues: { clear(): void }[] = [];
  #orders: NatsConnection | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { at, pki, log, metrics, nowMs, onPresence } = this.#options;
    const name = FLEET_CERTIFICATES.control;
    const { signal } = this.#stopping;
    const events = await connectToBroker({ at, pki, name, log, signal });
    this.#connections.push(events);
    const others = await connectToBroker({ at, pki, name, log, signal });
    this.#connections.push(others);
    this.#orders = events;
    const postponed = metrics.count(
      "ml_fleet_postponed_events_total",
      "Reports of nodes that found too many others waiting, and come again",
    );
    const reports = new MessageQueue<Received>({
      take: (report) => this.#answerEvent(report, () => postponed.inc()),
      bytesOf,
      nowMs,
      onFull: () => postponed.inc(),
    });
    const takeAnswer = (answer: Received) => {
      this.#takeAnswer(answer);
      return undefined;
    };
    // Nodes do not resend answers: one that finds no room in the queue is taken at once.
    const answers = new MessageQueue<Received>({ take: takeAnswer, bytesOf, nowMs, onFull: takeAnswer });
    this.#queues.push(reports, answers);
    this.#hear(events, ALL_NODES.events, (report) => reports.add(report));
    this.#hear(others, ALL_NODES.presence, ({ node, message }) => onPresence(node, message.string()));
    this.#hear(others, ALL_NODES.answers, (answer) => answers.add(answer));
    await Promise.all([events.flush(), others.flush()]);
  }

  send(node: string, message: Uint8Array): void {
    if (this.#orders?.isClosed() === false) this.#orders.publish(SUBJECTS.orders(node), message);
  }

  /** Sends a question or a dry run once. */
  ask(node: string, message: Uint8Array): void {
    if (this.#orders?.isClosed() === false) this.#orders.publish(SUBJECTS.questions(node), message);
  }

  /** The same to every node. */
  askAll(message: Uint8Array): void {
    if (this.#orders?.isClosed() === false) this.#orders.publish(SUBJECTS.allQuestions, message);
  }

  /** Asks all nodes to report each second for a while. */
  watch(): void {
    if (this.#orders?.isClosed() === false) this.#orders.publish(SUBJECTS.watch);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const queue of this.#queues) queue.clear();
    await Promise.all(this.#connections.map((each) => each.close()));
  }

  /** Without an answer the node resends it. */
  async #answerEvent({ node, message }: Received, onPostponed: () => void): Promise<void> {
    const { onEvent, log } = this.#options;
    try {
      const answered = await onEvent(node, message.string());
      if (answered === undefined) return;
      const { answer, proof } = answered;
      const head = headers();
      if (proof !== undefined) head.set(PROOF_HEADER, proof);
      message.respond(answer, proof === undefined ? {} : { headers: head });
    } catch (error) {
      if (error instanceof OutboxBusyError) onPostponed();
      else log.event("error", "cannot store a node's report", { node, error: String(error) });
    }
  }

  #takeAnswer({ node, id, message }: Received): void {
    try {
      if (id !== undefined) this.#options.onAnswer(node, id, message.string());
    } catch (error) {
      this.#options.log.event("error", "cannot take a node's answer", { node, error: String(error) });
    }
  }

  #hear(connection: NatsConnection, subject: string, take: (received: Received) => void): void {
    connection.subscribe(subject, {
      callback: (error, message) => {
        // A callback that throws would close the connection.
        try {
          const sender = error === null ? senderOf(message.subject) : undefined;
          if (sender !== undefined && this.#isWithinRate(sender.node)) take({ ...sender, message });
        } catch (failure) {
          this.#options.log.event("error", "cannot take what a node sent", { error: String(failure) });
        }
      },
    });
  }

  /** One entry for each admitted node. */
  #isWithinRate(node: string): boolean {
    const second = Math.floor(this.#options.nowMs() / 1_000);
    const rate = this.#rates.get(node);
    if (rate === undefined || rate.second !== second) {
      this.#rates.set(node, { second, count: 1 });
      return true;
    }
    rate.count += 1;
    if (rate.count <= MAX_MESSAGES_A_SECOND) return true;
    if (rate.count === MAX_MESSAGES_A_SECOND + 1) this.#options.onFlood(node);
    return false;
  }
}
