import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import type { Log } from "../../host/log.ts";
import { readAuthority } from "../../orders/authority.ts";
import { Hello } from "../../orders/handshake.ts";
import { isSealed, macOf, type SessionKeys } from "../../orders/seal.ts";
import { PROOF_HEADER } from "../../wire/fleet/event.ts";
import { HELLO, parseSeal, SESSION_HEADERS, sealText } from "../../wire/fleet/session.ts";
import { SUBJECTS } from "../../wire/fleet/subjects.ts";

interface CollectorSessionOptions {
  readonly nats: NatsConnection;
  readonly node: string;
  /** Folder with ca.crt, NODE.crt and NODE.key. */
  readonly pki: string;
  readonly log: Log;
  readonly wallMs: () => number;
  /** Calls once after a time. Returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** Called for each new session: what was sent before it may not have been believed. */
  readonly onOpen: () => void;
}

interface Session {
  readonly keys: SessionKeys;
  /** Of the last message. */
  counter: number;
}

/** So often the agent says hello at most, whatever the broker requests. The collector takes four a second. */
const HELLO_EVERY_MS = 1_000;
/** A collector that has just started answers thousands. */
const WELCOME_WITHIN_MS = 10_000;

/**
 * What this node sends to the collector, with seals that prove it, and the collector's answers, verified: the broker between them is
 * not trusted. Says hello until the collector has answered, after each connection anew, and when the collector requests it.
 *
 * The owner passes messages of the orders' subject to `hears`, and calls `hello` once it has subscribed.
 */
export class CollectorSession {
  readonly #options: CollectorSessionOptions;
  #session: Session | undefined;
  /** Number of the connection: a hello that went out on an earlier one is forgotten. */
  #connection = 0;
  #isWanted = false;
  #isWaiting = false;
  #endPause: (() => void) | undefined;
  #hasLogged = false;
  #refused = 0;

  constructor(options: CollectorSessionOptions) {
    this.#options = options;
    void this.#follow();
  }

  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** Answers since the last call that were not the collector's. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  /** Requests a new session, now or as soon as the limit allows. */
  hello(): void {
    this.#isWanted = true;
    if (this.#isWaiting || this.#endPause !== undefined) return;
    this.#isWanted = false;
    this.#isWaiting = true;
    this.#endPause = this.#options.after(() => {
      this.#endPause = undefined;
      if (this.#isWanted) this.hello();
    }, HELLO_EVERY_MS);
    void this.#open(this.#connection);
  }

  /** Says hello if the message is the collector's request for that, or the broker's. @returns whether it is */
  hears(message: Msg): boolean {
    const isRequest = message.headers?.has(SESSION_HEADERS.again) === true;
    if (isRequest) this.hello();
    return isRequest;
  }

  end(): void {
    this.#lose();
    this.#endPause?.();
  }

  /** Sends a message once. @returns whether there is a session to send it in */
  publish(subject: string, text: string): boolean {
    const sealed = this.#seal(subject, text);
    if (sealed === undefined) return false;
    this.#options.nats.publish(subject, sealed.payload, { headers: sealed.headers });
    return true;
  }

  /** Sends an event. Resolves with the collector's answer; undefined: none, or not the collector's. Rejects after the time. */
  async request(
    event: string,
    withinMs: number,
  ): Promise<{ readonly answer: string; readonly proof: string } | undefined> {
    const subject = SUBJECTS.events(this.#options.node);
    const sealed = this.#seal(subject, event);
    if (sealed === undefined) return undefined;
    const { keys, counter } = sealed;
    const options = { timeout: withinMs, headers: sealed.headers };
    const reply = await this.#options.nats.request(subject, sealed.payload, options);
    const seal = parseSeal(reply.headers?.get(SESSION_HEADERS.seal) ?? "");
    // The counter is the event's: the answer to another event does not fit.
    if (seal === undefined || !isSealed(keys.fromCollector, { subject, counter, payload: reply.data }, seal.mac)) {
      this.#refused += 1;
      return undefined;
    }
    return { answer: reply.string(), proof: reply.headers?.get(PROOF_HEADER) ?? "" };
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#options.nats.status()) {
      if (type === "disconnect") this.#lose();
      if (type === "reconnect") this.hello();
    }
  }

  /** The collector may be another process when the connection is back. */
  #lose(): void {
    this.#connection += 1;
    this.#session = undefined;
    this.#isWaiting = false;
  }

  #seal(subject: string, text: string) {
    const session = this.#session;
    if (session === undefined) return undefined;
    session.counter += 1;
    const { keys, counter } = session;
    const payload = Buffer.from(text);
    const mac = macOf(keys.fromNode, { subject, counter, payload });
    const head = headers();
    head.set(SESSION_HEADERS.seal, sealText({ session: keys.id, counter, mac }));
    return { payload, headers: head, keys, counter };
  }

  async #open(connection: number): Promise<void> {
    const keys = await this.#greet();
    if (connection !== this.#connection) return;
    this.#isWaiting = false;
    if (keys === undefined) {
      if (!this.#options.nats.isClosed()) this.hello();
      return;
    }
    this.#isWanted = false;
    this.#hasLogged = false;
    this.#session = { keys, counter: 0 };
    this.#options.onOpen();
  }

  /** Undefined without a valid answer. */
  async #greet(): Promise<SessionKeys | undefined> {
    const { nats, node, pki, wallMs } = this.#options;
    try {
      const hello = new Hello(node, pki);
      const head = headers();
      head.set(SESSION_HEADERS.seal, HELLO);
      const request = { timeout: WELCOME_WITHIN_MS, headers: head };
      const reply = await nats.request(SUBJECTS.events(node), hello.text, request);
      const keys = hello.open(reply.string(), { authority: readAuthority(pki).certificate, nowMs: wallMs() });
      if (keys === undefined) this.#complain("the answer is not the collector's: update it first if it is older");
      return keys;
    } catch (error) {
      this.#complain(`no answer, the collector's log says more if it refuses this node: ${String(error)}`);
      return undefined;
    }
  }

  /** Once until a session opens: a hello is repeated. */
  #complain(why: string): void {
    if (this.#hasLogged) return;
    this.#hasLogged = true;
    this.#options.log.event("warning", "no session with the collector yet: nothing is reported", { why });
  }
}
