import { type Request, Router } from "express";
import type { Audit } from "../host/audit.ts";
import { LoopTurns } from "../host/loop-turns.ts";
import type { Metrics } from "../host/metrics.ts";
import type { CallView } from "../wire/fleet/call.ts";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import { PASSED_ON_HEADER, type PassedCall } from "../wire/fleet/passed-on.ts";
import { userAndName } from "../wire/fleet/service-name.ts";
import type { OfferedService, ServicesView } from "../wire/fleet/services-view.ts";
import { TOKEN_LIMITS } from "../wire/token.ts";
import type { Viewer } from "../wire/viewer.ts";
import { auditedOrders } from "./audited-orders.ts";
import { CallRate } from "./call-rate.ts";
import { clientGone } from "./client-gone.ts";
import { badRequest, HttpError, tooMany } from "./http-error.ts";
import type { Peers } from "./peers-port.ts";
import type { Fleet } from "./ports.ts";
import { Query } from "./query.ts";
import type { Sessions } from "./sessions.ts";
import { checkOrder, readOrder } from "./taken-order.ts";
import type { ViewerOf } from "./viewers.ts";

interface CallsApiOptions {
  readonly fleet: Fleet;
  readonly peers: Peers | undefined;
  readonly sessions: Pick<Sessions, "tokens">;
  readonly viewerOf: ViewerOf;
  readonly audit: Audit;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/**
 * `GET /api/services`, `POST /api/calls`: services that nodes offer by name, here or at a joined collector. A token of
 * scope `call` may do this and nothing else. A token of scope `peer` belongs to a joined collector, which passes on
 * orders that its users have signed, only to nodes of this collector.
 */
export function createCallsApi(options: CallsApiOptions): Router {
  const { fleet, peers, sessions, viewerOf, audit, metrics, nowMs, wallMs } = options;
  const router = Router();
  const audited = auditedOrders(audit);
  const rate = new CallRate(nowMs);
  const turns = new LoopTurns();
  const ofPeers = metrics.count(
    "ml_fleet_calls_of_peers_total",
    "Calls that joined collectors have passed on to this one",
  );

  /** `isPeer`: a joined collector asks. `isLast`: the call goes no further from here. */
  function senderOf(request: Request): { readonly isPeer: boolean; readonly isLast: boolean } {
    const token = sessions.tokens.of(request);
    const isPeer = token !== undefined && token !== "none" && token.scopes.includes("peer");
    return { isPeer, isLast: isPeer || request.get(PASSED_ON_HEADER) !== undefined };
  }

  async function viewerFor(request: Request): Promise<Viewer> {
    const { isPeer, isLast } = senderOf(request);
    const viewer = await viewerOf(request, isLast ? "peer" : "call");
    if (!isPeer || viewer.admin) return viewer;
    const message = `The token's owner, ${viewer.user}, is no administrator here any more`;
    throw new HttpError({ status: 403, code: "scope", message });
  }

  router.get("/services", async (request, response) => {
    await viewerFor(request);
    const own = await servicesOf(fleet, turns);
    response.json(peers === undefined || senderOf(request).isLast ? own : await withPeers(own, peers));
  });

  router.post("/calls", async (request, response) => {
    const sender = await viewerFor(request);
    const { isPeer, isLast } = senderOf(request);
    const { order, signed } = readOrder(request.body, "call");
    const most = FLEET_LIMITS.maxAskLifeMs;
    const query = new Query(request.query);
    const withinMs = query.count("within", { least: 1, most, fallback: most });
    const wanted = query.text("peer", MAX_PEER_CHARACTERS);
    // Only the web's own page sends orders that the web signs.
    const viewer = order.via === "web" ? await viewerOf(request, "session") : sender;
    const peer = isLast || order.fleet === fleet.id ? undefined : await peers?.of(order.fleet, wanted);
    const passedOn = isPeer ? "from a peer" : peer === undefined ? undefined : `to ${peer}`;
    const call = await audited({ request, order, signed, viewer, passedOn }, async () => {
      const at = peer === undefined ? fleet : { id: order.fleet, isKnown: () => true };
      checkOrder(order, { signed, viewer: isPeer ? undefined : viewer, fleet: at, nowMs: wallMs() });
      if (order.nodes.length !== 1) throw badRequest("A call names one node: GET /api/services says which have it");
      limit(request, viewer);
      if (isPeer) ofPeers.inc();
      const how = { signed, withinMs, signal: clientGone(response) };
      if (peers !== undefined && peer !== undefined) return answerOf(await peers.call(peer, order, how));
      const ended = await fleet.call(order, how);
      if (ended === undefined) throw tooMany(TOO_MANY);
      return ended;
    });
    response.json(call);
  });

  function limit(request: Request, { user }: Viewer): void {
    const token = sessions.tokens.of(request);
    const isToken = token !== undefined && token !== "none";
    const aMinute = (isToken ? token.callsAMinute : undefined) ?? TOKEN_LIMITS.usualCallsAMinute;
    const retryAfterSeconds = rate.take(isToken ? `token ${token.hash}` : `user ${user}`, aMinute);
    if (retryAfterSeconds === undefined) return;
    const message = `Too many calls: at most ${aMinute} a minute`;
    throw new HttpError({ status: 429, code: "too_many", message, retryAfterSeconds });
  }

  return router;
}

/** Longest name in `[peers.NAME]`. */
const MAX_PEER_CHARACTERS = 32;
const TOO_MANY = "Too many calls at a time, of yours or of all: try again in a moment";

/** Throws an error that the caller must see, with the name of the joined collector. */
function answerOf(passed: PassedCall): CallView {
  if (passed.is === "called") return passed.call;
  if (passed.is === "busy") throw tooMany(TOO_MANY);
  if (passed.is === "failed") throw new HttpError({ status: 502, code: "peer", message: passed.message });
  const { status, code, message, retryAfterSeconds } = passed;
  throw new HttpError({ status, code, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
}

/** Services by name, with the present nodes that offer them. */
async function servicesOf(fleet: Pick<Fleet, "id" | "view" | "commandsOf">, turns: LoopTurns): Promise<ServicesView> {
  const nodesOf = new Map<string, string[]>();
  for (const { node, state, services } of (await fleet.view()).nodes) {
    if (state !== "present") continue;
    for (const name of services) {
      const known = nodesOf.get(name);
      if (known === undefined) nodesOf.set(name, [node]);
      else known.push(node);
    }
  }
  const services: OfferedService[] = [];
  for (const [name, nodes] of nodesOf) {
    const isCommands = userAndName(name)[0] !== "";
    const known = isCommands ? await turns.run(async () => fleet.commandsOf(name)) : [];
    // A node's own report says what it offers now: the outbox knows which run offers it.
    const offering = new Set(nodes);
    const commands = known.filter(({ node }) => offering.has(node));
    services.push({ name, nodes, ...(commands.length === 0 ? {} : { commands }) });
  }
  return { id: fleet.id, services: services.sort(byName) };
}

/** Adds services that no node here offers, from the first joined collector that does. */
async function withPeers({ id, services }: ServicesView, peers: Peers): Promise<ServicesView> {
  const { services: offered, missing } = await peers.offers();
  const byTheirName = new Map([...offered].reverse().map((service) => [service.name, service]));
  for (const { name } of services) byTheirName.delete(name);
  const all = [...services, ...byTheirName.values()].sort(byName);
  return { id, services: all, ...(missing.length === 0 ? {} : { missing }) };
}

function byName(a: OfferedService, b: OfferedService): number {
  return a.name < b.name ? -1 : 1;
}
