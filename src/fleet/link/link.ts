import type { X509Certificate } from "node:crypto";
import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import type { Log } from "../../host/log.ts";
import type { Metrics } from "../../host/metrics.ts";
import { type EventAnswer, PROOF_HEADER } from "../../wire/fleet/event.ts";
import { HELLO, SESSION_HEADERS } from "../../wire/fleet/session.ts";
import { ALL_NODES, SUBJECTS, senderOf } from "../../wire/fleet/subjects.ts";
import { FLEET_CERTIFICATES } from "../../wire/fleet-names.ts";
import { OutboxBusyError } from "../outbox/group-commit.ts";
import { type BrokerAddress, connectToBroker } from "./connect.ts";
import { MessageQueue } from "./message-queue.ts";
import { NodeRate } from "./node-rate.ts";
import { type Refusal, type SealAnswer, Sessions } from "./sessions.ts";

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
  /** Steady. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** The authority's certificate. */
  readonly authority: X509Certificate;
  /** Whether a node has a valid certificate. */
  readonly isAdmitted: (node: string) => boolean;
  /** The node of a valid certificate's URI. */
  readonly nodeOf: (uri: string) => string | undefined;
  /** Resolves with the answer; without one, the node resends the event. */
  readonly onEvent: (node: string, text: string) => Promise<Answered | undefined>;
  readonly onPresence: (node: string, text: string) => void;
  readonly onAnswer: (node: string, id: string, text: string) => void;
  /** Called for a flooding node. */
  readonly onFlood: (node: string) => void;
  /** Called for an unsigned message in a node's name: from an older agent, or from the broker. */
  readonly onUnsigned: (node: string) => void;
}

/** Messages of one node per second. A busy node has tens: two for each run. */
const MAX_MESSAGES_A_SECOND = 500;
/** Each takes some two milliseconds. An agent says one a second at most; the broker may repeat them. */
const MAX_HELLOS_A_SECOND = 4;
/** An agent that has said hello needs no second request meanwhile. */
const MAX_HELLO_REQUESTS_A_SECOND = 1;

interface Received {
  readonly node: string;
  /** Id of the question, if the message is an answer. */
  readonly id?: string;
  readonly message: Msg;
  /** Undefined for a hello. */
  readonly seal: SealAnswer | undefined;
}

const bytesOf = ({ message }: Received): number => message.data.length;

/**
 * The collector's side of the broker. Events have a separate connection, so that no flood of presence delays them. The name
 * of a message's sender is its subject's; the broker is not trusted with that: a session's seal proves it.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #sessions: Sessions;
  readonly #messages: NodeRate;
  readonly #hellos: NodeRate;
  readonly #helloRequests: NodeRate;
  readonly #refused: (reason: Refusal | "too-many-hellos" | "wrong-hello") => void;
  readonly #connections: NatsConnection[] = [];
  readonly #stopping = new AbortController();
  readonly #queues: { clear(): void }[] = [];
  #orders: NatsConnection | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { metrics, nowMs } = options;
    this.#sessions = new Sessions(options);
    this.#messages = new NodeRate(MAX_MESSAGES_A_SECOND, nowMs);
    this.#hellos = new NodeRate(MAX_HELLOS_A_SECOND, nowMs);
    this.#helloRequests = new NodeRate(MAX_HELLO_REQUESTS_A_SECOND, nowMs);
    const refused = metrics.counter(
      "ml_fleet_refused_messages_total",
      "Messages in the name of nodes that were not believed, by reason",
      "reason",
    );
    this.#refused = (reason) => refused(reason).inc();
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
      take: (report) =>
        report.seal === undefined
          ? this.#welcome(report)
          : this.#answerEvent(report, { seal: report.seal, onPostponed: () => postponed.inc() }),
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
  async #answerEvent(
    { node, message }: Received,
    { seal, onPostponed }: { readonly seal: SealAnswer; readonly onPostponed: () => void },
  ): Promise<void> {
    const { onEvent, log } = this.#options;
    try {
      const answered = await onEvent(node, message.string());
      if (answered === undefined) return;
      const { answer, proof } = answered;
      const head = headers();
      head.set(SESSION_HEADERS.seal, seal(answer));
      if (proof !== undefined) head.set(PROOF_HEADER, proof);
      message.respond(answer, { headers: head });
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

  #welcome({ node, message }: Received): undefined {
    try {
      const text = this.#sessions.hello(node, message.string());
      if (text === undefined) this.#refused("wrong-hello");
      else message.respond(text);
    } catch (error) {
      this.#options.log.event("error", "cannot answer a node's hello", { node, error: String(error) });
    }
  }

  #hear(connection: NatsConnection, channel: string, take: (received: Received) => void): void {
    connection.subscribe(channel, {
      callback: (error, message) => {
        // A callback that throws would close the connection.
        try {
          const sender = error === null ? senderOf(message.subject) : undefined;
          if (sender !== undefined) this.#verify(sender, { message, channel, take });
        } catch (failure) {
          this.#options.log.event("error", "cannot take what a node sent", { error: String(failure) });
        }
      },
    });
  }

  /** Before any queue, whose order may differ from that of the counters. */
  #verify(
    sender: { readonly node: string; readonly id?: string },
    { message, channel, take }: { message: Msg; channel: string; take: (received: Received) => void },
  ): void {
    const { isAdmitted, onFlood, onUnsigned } = this.#options;
    const { node } = sender;
    if (!isAdmitted(node)) {
      this.#refused("not-admitted");
      return;
    }
    const rate = this.#messages.add(node);
    if (rate === "first-beyond") onFlood(node);
    if (rate !== "within") return;
    const seal = message.headers?.get(SESSION_HEADERS.seal) ?? "";
    if (seal === HELLO && channel === ALL_NODES.events) {
      if (this.#hellos.add(node) === "within") take({ ...sender, message, seal: undefined });
      else this.#refused("too-many-hellos");
      return;
    }
    const taken = this.#sessions.take({ node, channel, subject: message.subject, seal, payload: message.data });
    if (typeof taken === "function") {
      take({ ...sender, message, seal: taken });
      return;
    }
    this.#refused(taken);
    if (taken === "unsigned") onUnsigned(node);
    if (taken === "no-session") this.#requestHello(node);
  }

  #requestHello(node: string): void {
    if (this.#orders?.isClosed() !== false || this.#helloRequests.add(node) !== "within") return;
    const head = headers();
    head.set(SESSION_HEADERS.again, HELLO);
    this.#orders.publish(SUBJECTS.orders(node), "", { headers: head });
  }
}
