import type { Log } from "../../host/log.ts";
import type { Metrics } from "../../host/metrics.ts";
import { parseError } from "../../wire/api-error.ts";
import { parseCallView } from "../../wire/fleet/call.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { PassedCall } from "../../wire/fleet/passed-on.ts";
import type { MissingPeer, OfferedService } from "../../wire/fleet/services-view.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { asRecord } from "../../wire/record.ts";
import { OpenAsks } from "../open-asks.ts";
import { askPeer, type Peer } from "./ask-peer.ts";
import { listPeer, peerFault } from "./peer-list.ts";
import { PeerLists } from "./peer-lists.ts";

interface PeersOptions {
  readonly peers: readonly Peer[];
  /** Id of this collector's fleet. */
  readonly id: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Steady. */
  readonly nowMs: () => number;
}

/** Added to a call's time limit for the way: a silent node's peer answers only at the end of that limit. */
const WAY_MS = 2_000;
/** 64 KiB of JSON, each character of which may take six in the JSON around it, and some words. */
const MAX_CALL_BYTES = 512 * 1_024;
/** Each is a connection, and holds an answer. */
const MAX_OPEN = 64;
/** Limit of one user, to leave places for others. */
const MAX_OPEN_OF_USER = 16;

/**
 * Joined collectors, whose nodes may offer services that no node here does. The user signs a call for the other fleet and its
 * node, which verifies the signature; this collector passes it on unchanged. A call that came from a peer goes no further.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #passed: (outcome: string) => { inc(): void };
  readonly #failures: { inc(): void };
  readonly #lists: PeerLists;
  readonly #open = new OpenAsks<Peer>({ most: MAX_OPEN, mostOfUser: MAX_OPEN_OF_USER });

  constructor(options: PeersOptions) {
    this.#options = options;
    const { metrics, id, ...others } = options;
    this.#passed = metrics.counter(
      "ml_fleet_passed_calls_total",
      "Calls that were passed on to joined collectors, by what came of it",
      "outcome",
    );
    this.#failures = metrics.count(
      "ml_fleet_peer_failures_total",
      "Requests that joined collectors have not answered, or not as one does",
    );
    this.#lists = new PeerLists({
      ...others,
      ask: (peer) => listPeer(peer, id),
      onFailure: () => this.#failures.inc(),
    });
  }

  /** Their services, in the order of the configuration, and the collectors that cannot be used. */
  async offers(): Promise<{ readonly services: readonly OfferedService[]; readonly missing: readonly MissingPeer[] }> {
    const [services, missing]: [OfferedService[], MissingPeer[]] = [[], []];
    for (const [peer, { id, services: offered, fault }] of await this.#lists.all()) {
      if (fault !== "") missing.push({ peer: peer.name, why: fault });
      else services.push(...offered.map((service) => ({ ...service, at: { peer: peer.name, fleet: id } })));
    }
    return { services, missing };
  }

  /**
   * The name of the peer with this fleet; with `wanted`, only of that peer. Any peer can claim a fleet: if several do and none is
   * named, a call goes to none of them.
   */
  async of(fleet: string, wanted?: string): Promise<string | undefined> {
    const names = (await this.#lists.all()).flatMap(([{ name }, { id, fault }]) =>
      fault === "" && id === fleet && (wanted ?? name) === name ? [name] : [],
    );
    return names.length === 1 ? names[0] : undefined;
  }

  /** Passes a call on, once. */
  async call(
    name: string,
    order: OrderOf<"call">,
    how: { readonly signed: SignedOrder; readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<PassedCall> {
    const peer = this.#options.peers.find((each) => each.name === name);
    let passed: PassedCall = { is: "busy" };
    if (peer !== undefined && this.#open.hasPlaceFor(order)) {
      this.#open.open(order, peer);
      passed = await this.#pass(peer, order, how);
      this.#open.close(order);
    }
    this.#passed(passed.is).inc();
    return passed;
  }

  async #pass(
    peer: Peer,
    { run, nodes }: OrderOf<"call">,
    { signed, withinMs, signal }: { signed: SignedOrder; withinMs: number; signal: AbortSignal },
  ): Promise<PassedCall> {
    const path = `/calls?within=${withinMs}`;
    const limits = { withinMs: withinMs + WAY_MS, maxBytes: MAX_CALL_BYTES };
    const answer = await askPeer(peer, { method: "POST", path, body: signed, signal, ...limits });
    if (answer.is === "none") {
      if (!signal.aborted) this.#failures.inc();
      const text = `${peer.name}: ${answer.why}`;
      if (!answer.wasSent) return { is: "failed", message: `Cannot reach ${text}` };
      const silent = { state: "silent", why: "peer", text, code: null, output: "" } as const;
      return { is: "called", call: { run, node: nodes[0] ?? "", ...silent } };
    }
    const { status, value, retryAfter } = answer;
    const call = status === 200 ? parseCallView(value) : undefined;
    if (call !== undefined && call.run === run && call.node === nodes[0]) return { is: "called", call };
    const error = parseError(asRecord(value)?.["error"]);
    if (error === undefined || status < 400 || status > 499 || status === 401 || error.code === "scope") {
      this.#failures.inc();
      return { is: "failed", message: peerFault(peer.name, status) };
    }
    const retryAfterSeconds = /^\d{1,4}$/.test(retryAfter ?? "") ? Number(retryAfter) : undefined;
    const message = `${peer.name}: ${error.message.slice(0, FLEET_LIMITS.maxTextCharacters)}`;
    return { is: "refused", status, code: "peer", message, retryAfterSeconds };
  }
}
