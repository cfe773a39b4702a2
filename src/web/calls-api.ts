import { type Request, Router } from "express";
import type { Audit } from "../host/audit.ts";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import type { ServicesView } from "../wire/fleet/services-view.ts";
import { TOKEN_LIMITS } from "../wire/token.ts";
import type { Viewer } from "../wire/viewer.ts";
import { auditedOrders } from "./audited-orders.ts";
import { CallRate } from "./call-rate.ts";
import { clientGone } from "./client-gone.ts";
import { badRequest, HttpError, tooMany } from "./http-error.ts";
import type { Fleet } from "./ports.ts";
import { Query } from "./query.ts";
import type { Sessions } from "./sessions.ts";
import { checkOrder, readOrder } from "./taken-order.ts";
import type { ViewerOf } from "./viewers.ts";

interface CallsApiOptions {
  readonly fleet: Fleet;
  readonly sessions: Pick<Sessions, "tokens">;
  readonly viewerOf: ViewerOf;
  readonly audit: Audit;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/** `GET /api/services`, `POST /api/calls`: services that nodes offer by name. A token of scope `call` may do this and nothing else. */
export function createCallsApi({ fleet, sessions, viewerOf, audit, nowMs, wallMs }: CallsApiOptions): Router {
  const router = Router();
  const audited = auditedOrders(audit);
  const rate = new CallRate(nowMs);

  router.get("/services", async (request, response) => {
    await viewerOf(request, "call");
    response.json(servicesOf(fleet));
  });

  router.post("/calls", async (request, response) => {
    await viewerOf(request, "call");
    const { order, signed } = readOrder(request.body, "call");
    const most = FLEET_LIMITS.maxAskLifeMs;
    const withinMs = new Query(request.query).count("within", { least: 1, most, fallback: most });
    // What the web signs, only its own page sends.
    const viewer = await viewerOf(request, order.via === "web" ? "session" : "call");
    const call = await audited({ request, order, viewer }, async () => {
      checkOrder(order, { signed, viewer, fleet, nowMs: wallMs() });
      if (order.nodes.length !== 1) throw badRequest("A call names one node: GET /api/services says which have it");
      limit(request, viewer);
      const ended = await fleet.call(order, { signed, withinMs, signal: clientGone(response) });
      if (ended === undefined) throw tooMany("Too many calls at a time, of yours or of all: try again in a moment");
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

/** By name, with the present nodes that have it. */
function servicesOf(fleet: Pick<Fleet, "id" | "view">): ServicesView {
  const nodesOf = new Map<string, string[]>();
  for (const { node, state, services } of fleet.view().nodes) {
    if (state !== "present") continue;
    for (const name of services) {
      const known = nodesOf.get(name);
      if (known === undefined) nodesOf.set(name, [node]);
      else known.push(node);
    }
  }
  const services = [...nodesOf].map(([name, nodes]) => ({ name, nodes }));
  return { id: fleet.id, services: services.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
