import type { Log } from "../../host/log.ts";
import type { Metrics } from "../../host/metrics.ts";
import { parseError } from "../../wire/api-error.ts";
import { parseCallView } from "../../wire/fleet/call.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { isServiceName, type OrderOf } from "../../wire/fleet/order.ts";
import type { PassedCall } from "../../wire/fleet/passed-on.ts";
import { type MissingPeer, type OfferedService, parseServicesView } from "../../wire/fleet/services-view.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { isNodeName } from "../../wire/node-name.ts";
import { asRecord } from "../../wire/record.ts";
import { OpenAsks } from "../open-asks.ts";
import { askPeer, type Peer } from "./ask-peer.ts";

interface PeersOptions {
  readonly peers: readonly Peer[];
  /** Of this collector's fleet. */
  readonly id: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Steady. */
  readonly nowMs: () => number;
}

/** A person waits for the list of services. */
const LIST_WITHIN_MS = 3_000;
/** What a peer said, or that it said nothing, is true for so long: a dead one holds up one caller in this time. */
const LIST_FOR_MS = 10_000;
/** 4,000 nodes with tens of services each. */
const MAX_LIST_BYTES = 4 * 2 ** 20;
/** The peer's own answer comes at the end of its time: it has this much more for the way. */
const WAY_MS = 2_000;
/** 64 KiB of JSON, each character of which may take six in the JSON around it, and some words. */
const MAX_CALL_BYTES = 512 * 1_024;
/** Each is a connection, and holds an answer. */
const MAX_OPEN = 64;
/** Of one user, who leaves places for the others. */
const MAX_OPEN_OF_USER = 16;

interface Listed {
  /** Of its fleet; empty: it does not say. */
  readonly id: string;
  readonly services: readonly Pick<OfferedService, "name" | "nodes">[];
  /** Why it cannot be used, in words; empty: it can. */
  readonly fault: string;
}

/**
 * Collectors that this one is joined with: what no node here offers, those of theirs may. The user signs for their fleet and
 * their node, which verifies that; here a call is passed on as it was signed. What came from a peer is never passed on again.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #passed: (outcome: string) => { inc(): void };
  readonly #failures: { inc(): void };
  readonly #known = new Map<string, { readonly atMs: number; readonly listed: Promise<Listed> }>();
  readonly #faults = new Map<string, string>();
  readonly #open = new OpenAsks<Peer>({ most: MAX_OPEN, mostOfUser: MAX_OPEN_OF_USER });

  constructor(options: PeersOptions) {
    this.#options = options;
    const { metrics } = options;
    this.#passed = metrics.counter(
      "ml_fleet_passed_calls_total",
      "Calls that were passed on to joined collectors, by what came of it",
      "outcome",
    );
    this.#failures = metrics.count(
      "ml_fleet_peer_failures_total",
      "Requests that joined collectors have not answered, or not as one does",
    );
  }

  /** What they offer, in the order of the configuration, and which of them cannot be used. */
  async offers(): Promise<{ readonly services: readonly OfferedService[]; readonly missing: readonly MissingPeer[] }> {
    const [services, missing]: [OfferedService[], MissingPeer[]] = [[], []];
    for (const [peer, { id, services: offered, fault }] of await this.#lists()) {
      if (fault !== "") missing.push({ peer: peer.name, why: fault });
      else services.push(...offered.map((service) => ({ ...service, at: { peer: peer.name, fleet: id } })));
    }
    return { services, missing };
  }

  /**
   * The name of the peer with this fleet; `wanted`: that peer, and no other. Any peer may say that a fleet is its own: where several
   * do, and nobody says which, a call goes to none of them.
   */
  async of(fleet: string, wanted?: string): Promise<string | undefined> {
    const names = (await this.#lists()).flatMap(([{ name }, { id, fault }]) =>
      fault === "" && id === fleet && (wanted ?? name) === name ? [name] : [],
    );
    return names.length === 1 ? names[0] : undefined;
  }

  /** Passes on a call, once. */
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
      return { is: "failed", message: faultOf(peer.name, status) };
    }
    const retryAfterSeconds = /^\d{1,4}$/.test(retryAfter ?? "") ? Number(retryAfter) : undefined;
    const message = `${peer.name}: ${error.message.slice(0, FLEET_LIMITS.maxTextCharacters)}`;
    return { is: "refused", status, code: "peer", message, retryAfterSeconds };
  }

  #lists(): Promise<readonly (readonly [Peer, Listed])[]> {
    const { peers, nowMs } = this.#options;
    const now = nowMs();
    return Promise.all(
      peers.map(async (peer) => {
        const known = this.#known.get(peer.name);
        const isFresh = known !== undefined && now - known.atMs < LIST_FOR_MS;
        const listed = isFresh ? known.listed : this.#list(peer);
        if (!isFresh) this.#known.set(peer.name, { atMs: now, listed });
        return [peer, await listed] as const;
      }),
    );
  }

  async #list(peer: Peer): Promise<Listed> {
    const { log, id } = this.#options;
    const limits = { withinMs: LIST_WITHIN_MS, maxBytes: MAX_LIST_BYTES };
    const answer = await askPeer(peer, { method: "GET", path: "/services", ...limits });
    const listed = answer.is === "none" ? unusable(answer.why) : listOf(peer.name, answer);
    const { fault } = listed.id === id ? unusable("it is this collector, or has its authority") : listed;
    if (fault !== "") this.#failures.inc();
    if (fault !== (this.#faults.get(peer.name) ?? "")) {
      if (fault === "") log.event("info", "a joined collector can be asked again", { peer: peer.name });
      else log.event("warning", "a joined collector cannot be asked", { peer: peer.name, error: fault });
    }
    this.#faults.set(peer.name, fault);
    return { ...listed, fault };
  }
}

function unusable(fault: string): Listed {
  return { id: "", services: [], fault };
}

/** Another collector's words: what is no name here is left out. */
function listOf(name: string, { status, value }: { readonly status: number; readonly value: unknown }): Listed {
  const view = status === 200 ? parseServicesView(value) : undefined;
  if (view === undefined || !/^[0-9a-f]{64}$/.test(view.id)) return unusable(faultOf(name, status));
  const services = view.services
    .filter((service) => service.at === undefined && isServiceName(service.name))
    .map((service) => ({ name: service.name, nodes: service.nodes.filter(isNodeName) }))
    .filter(({ nodes }) => nodes.length > 0);
  return { id: view.id, services, fault: "" };
}

function faultOf(name: string, status: number): string {
  if (status === 401 || status === 403)
    return `${name} does not take this collector's token: an administrator there makes one (mlctl tokens create NAME --scope peer)`;
  return `${name} answers with ${status}, and not as a collector with a fleet does`;
}
