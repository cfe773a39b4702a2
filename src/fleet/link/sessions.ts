import type { X509Certificate } from "node:crypto";
import type { Log } from "../../host/log.ts";
import { welcome } from "../../orders/handshake.ts";
import { isSealed, macOf, type SessionKeys } from "../../orders/seal.ts";
import { parseSeal, sealText } from "../../wire/fleet/session.ts";

interface SessionsOptions {
  readonly pki: string;
  readonly authority: X509Certificate;
  /** The node of a certificate that is neither revoked nor expired. */
  readonly nodeOf: (uri: string) => string | undefined;
  readonly log: Log;
  readonly wallMs: () => number;
}

interface Session {
  readonly keys: SessionKeys;
  readonly uri: string;
  /** The highest counter by channel. Messages of two channels may overtake each other. */
  readonly last: Map<string, number>;
}

interface SealedMessage {
  readonly node: string;
  /** One of few: messages of a channel come in order. */
  readonly channel: string;
  readonly subject: string;
  /** The header's value; empty: none. */
  readonly seal: string;
  readonly payload: Uint8Array;
}

/**
 * Why a message is not believed.
 *
 * - `unsigned`: no seal: the agent is older than the collector.
 * - `no-session`: of a session that the collector does not know: the node must say hello.
 * - `forged`: the seal is of other content, of another subject, or malformed.
 * - `replayed`: the counter is not higher than the last one.
 * - `not-admitted`: the certificate of this session was revoked.
 */
export type Refusal = "unsigned" | "no-session" | "forged" | "replayed" | "not-admitted";

/** Seals the answer to a message. */
export type SealAnswer = (answer: string) => string;

/** The agent's, one that it has just requested, and as many of a copy of the machine. */
const MAX_SESSIONS_OF_NODE = 4;

/** Sessions with nodes: whose messages are believed. The caller takes messages of admitted nodes only, which bounds their number. */
export class Sessions {
  readonly #options: SessionsOptions;
  /** By node, then by id: the one used last is last. */
  readonly #nodes = new Map<string, Map<string, Session>>();

  /** Nodes whose hello was refused last. */
  readonly #logged = new Set<string>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** The answer to a node's hello; undefined: this node did not sign it. */
  hello(node: string, text: string): string | undefined {
    const { pki, authority, nodeOf, log, wallMs } = this.#options;
    const trust = { authority, nowMs: wallMs() };
    const opened = welcome(node, text, { trust, pki, isOfNode: (uri) => nodeOf(uri) === node });
    if (opened === undefined) {
      const next = "compare its certificate with nodes.list, and this clock with its validity";
      const message = "no session with a node: its hello is not signed with its valid certificate";
      if (!this.#logged.has(node)) log.event("warning", message, { node, next });
      this.#logged.add(node);
      return undefined;
    }
    this.#logged.delete(node);
    const sessions = this.#nodes.get(node) ?? new Map<string, Session>();
    this.#nodes.set(node, sessions);
    if (sessions.size >= MAX_SESSIONS_OF_NODE) sessions.delete(oldestOf(sessions));
    sessions.set(opened.keys.id, { keys: opened.keys, uri: opened.uri, last: new Map() });
    return opened.text;
  }

  /** Verifies a message. Each is taken once. */
  take({ node, channel, subject, seal, payload }: SealedMessage): Refusal | SealAnswer {
    if (seal === "") return "unsigned";
    const fields = parseSeal(seal);
    if (fields === undefined) return "forged";
    const sessions = this.#nodes.get(node);
    const session = sessions?.get(fields.session);
    if (sessions === undefined || session === undefined) return "no-session";
    const { keys, uri, last } = session;
    const { counter } = fields;
    if (!isSealed(keys.fromNode, { subject, counter, payload }, fields.mac)) return "forged";
    if (this.#options.nodeOf(uri) !== node) return "not-admitted";
    if (counter <= (last.get(channel) ?? 0)) return "replayed";
    last.set(channel, counter);
    sessions.delete(keys.id);
    sessions.set(keys.id, session);
    return (answer) => {
      const mac = macOf(keys.fromCollector, { subject, counter, payload: Buffer.from(answer) });
      return sealText({ session: keys.id, counter, mac });
    };
  }
}

/** One that was never used, since anybody may repeat a hello; otherwise the one that was used least recently. */
function oldestOf(sessions: ReadonlyMap<string, Session>): string {
  const all = [...sessions];
  const [id = ""] = all.find(([, { last }]) => last.size === 0) ?? all[0] ?? [];
  return id;
}
