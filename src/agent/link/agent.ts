import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { after } from "../../host/after.ts";
import type { Log } from "../../host/log.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { Presence } from "../../wire/fleet/presence.ts";
import { SUBJECTS } from "../../wire/fleet/subjects.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import type { AgentConfig } from "../config.ts";
import { BlobSource, type BlobSourceOptions } from "../files/blob-source.ts";
import { FetchedBlobs } from "../files/fetched-blobs.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { StatusLease } from "../status/status-lease.ts";
import { CollectorSession } from "./collector-session.ts";
import { readFacts, readLoad } from "./facts.ts";
import { RootLink, type RootStatus } from "./root-link.ts";

const RECONNECT_AFTER_MS = 500;
const RECONNECT_JITTER_MS = 2_000;

interface AgentOptions {
  readonly config: AgentConfig;
  readonly version: string;
  readonly log: Log;
  nowMs(): number;
}

/**
 * The half of the agent that speaks with the collector's broker. It keeps nothing and decides nothing: it carries orders to
 * the other half, events to the collector and their answers back. Both sides resend whatever it loses.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #nats: NatsConnection;
  readonly #session: CollectorSession;
  readonly #link: RootLink;
  readonly #start: string;
  #status: RootStatus | undefined;
  #presences = 0;
  /** Orders that were too long, or came while the other half was away. The collector resends them. */
  #dropped = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #watched = new StatusLease(() => this.#appear());

  static async start(options: AgentOptions): Promise<Agent> {
    const { node, broker, pki } = options.config;
    const nats = await connect({
      servers: broker,
      name: node,
      inboxPrefix: SUBJECTS.inbox(node),
      tls: { certFile: join(pki, `${node}.crt`), keyFile: join(pki, `${node}.key`), caFile: join(pki, "ca.crt") },
      ignoreClusterUpdates: true,
      waitOnFirstConnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_AFTER_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      reconnectJitterTLS: RECONNECT_JITTER_MS,
    });
    return new Agent(options, nats);
  }

  private constructor(options: AgentOptions, nats: NatsConnection) {
    this.#options = options;
    this.#nats = nats;
    this.#start = makeExecutionId(options.nowMs(), randomBytes(ULID_RANDOM_BYTES));
    const { node, socket, pki } = options.config;
    this.#session = new CollectorSession({
      ...{ nats, node, pki, log: options.log, wallMs: options.nowMs, after },
      onOpen: () => this.#appearAnew(),
    });
    const source = new BlobSource(sourceOf(options.config));
    const fetch: BlobSource["fetch"] = (blob, to) => source.fetch(blob, to);
    const blobs = new FetchedBlobs({ folder: options.config.cacheDir, fetch, log: options.log });
    this.#link = new RootLink({
      path: socket,
      onEvent: (event, answer) => void this.#tell(event, answer),
      onStatus: (status) => this.#take(status),
      onSay: (run, text) => this.#say(run, text),
      onWant: (blob) => blobs.want(blob),
    });
    this.#subscribe(SUBJECTS.orders(node));
    this.#subscribe(SUBJECTS.questions(node));
    this.#subscribe(SUBJECTS.allQuestions);
    this.#nats.subscribe(SUBJECTS.watch, { callback: () => this.#watched.renew() });
    this.#timer = setInterval(() => this.#appear(), AGENT_LIMITS.presenceEveryMs);
    void this.#follow();
    this.#session.hello();
  }

  /** Resolves when the connection has ended for good. */
  closed(): Promise<undefined | Error> {
    return this.#nats.closed().then((error) => error ?? undefined);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#watched.end();
    this.#link.close();
    this.#session.end();
    await this.#nats.close();
  }

  #subscribe(subject: string): void {
    this.#nats.subscribe(subject, {
      // A callback that throws would close the connection.
      callback: (error, message) => {
        try {
          if (error === null && this.#session.hears(message)) return;
          const fits = error === null && message.data.length <= FLEET_LIMITS.maxMessageBytes;
          if (!fits || !this.#link.order(message.string())) this.#dropped += 1;
        } catch (thrown) {
          this.#options.log.event("error", "cannot pass an order on", { error: String(thrown) });
        }
      },
    });
  }

  async #tell(event: string, answer: (text: string, proof: string) => void): Promise<void> {
    try {
      const reply = await this.#session.request(event, AGENT_LIMITS.tellAgainAfterMs);
      if (reply !== undefined) answer(reply.answer, reply.proof);
    } catch {
      // The collector is away: mlagent-root resends it.
    }
  }

  /** Answers are not resent: the asker has a timeout. */
  #say(run: string, text: string): void {
    const { config, log } = this.#options;
    try {
      this.#session.publish(SUBJECTS.answers(config.node, run), text);
    } catch (error) {
      log.event("warning", "cannot answer a question", { error: String(error) });
    }
  }

  #take(status: RootStatus): void {
    const isFirst = this.#status === undefined || this.#status.journal !== status.journal;
    const hasChanged = this.#status?.running !== status.running;
    const hasOtherFacts = factsOf(this.#status) !== factsOf(status);
    this.#status = status;
    if (isFirst || hasOtherFacts) this.#appearAnew();
    else if (hasChanged) this.#appear();
  }

  /** With facts. */
  #appearAnew(): void {
    this.#presences = 0;
    this.#appear();
  }

  #appear(): void {
    const { config, version, nowMs, log } = this.#options;
    if (this.#dropped > 0) log.event("warning", "orders were not passed on", { dropped: this.#dropped });
    this.#dropped = 0;
    const refused = this.#session.takeRefused();
    if (refused > 0)
      log.event("warning", "answers were not the collector's: the broker is not to be trusted", { refused });
    const status = this.#status;
    if (status === undefined || this.#nats.isClosed() || !this.#session.isOpen) return;
    const presence: Presence = {
      v: 1,
      start: this.#start,
      at: nowMs(),
      agent: version,
      journal: status.journal,
      sequence: status.sequence,
      ...readLoad(),
      running: status.running,
      open: status.open,
      facts: this.#presences % AGENT_LIMITS.factsEvery === 0 ? readFacts(config.labels, status) : null,
    };
    this.#presences += 1;
    try {
      this.#session.publish(SUBJECTS.presence(config.node), JSON.stringify(presence));
    } catch (error) {
      log.event("warning", "cannot appear", { error: String(error) });
    }
  }

  async #follow(): Promise<void> {
    const { log } = this.#options;
    for await (const status of this.#nats.status()) {
      if (status.type === "reconnect" || status.type === "disconnect") log.event("info", `broker: ${status.type}`);
      if (status.type === "error") log.event("warning", "broker: refused", { error: String(status.error) });
    }
  }
}

function factsOf(status: RootStatus | undefined): string {
  return JSON.stringify([status?.services, status?.gpus, status?.labels]);
}

/** Address of the file server: by default on the broker's host, on the next port. */
function sourceOf({ broker, files, pki, node }: AgentConfig): BlobSourceOptions {
  const [, host = "", port = "0"] = /^(.*):(\d+)$/.exec(files ?? broker) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return { host: bare, port: Number(port) + (files === undefined ? 1 : 0), pki, node };
}
