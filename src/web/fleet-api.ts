import { type Request, Router } from "express";
import type { Audit } from "../host/audit.ts";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import { type OrderOf, parseOrder } from "../wire/fleet/order.ts";
import { parseExecutionId } from "../wire/ids.ts";
import { asRecord } from "../wire/record.ts";
import type { Viewer } from "../wire/viewer.ts";
import { AskedLines } from "./asked-lines.ts";
import { auditedOrders } from "./audited-orders.ts";
import { clientGone } from "./client-gone.ts";
import { badRequest, HttpError, notFound, tooMany } from "./http-error.ts";
import type { Fleet, Signer } from "./ports.ts";
import { Query } from "./query.ts";
import { checkOrder, checkParts, notYours, readOrder, readOrders, type Taken } from "./taken-order.ts";
import type { ViewerOf } from "./viewers.ts";

interface FleetApiOptions {
  readonly fleet: Fleet;
  /** Undefined: orders come signed. */
  readonly signer: Signer | undefined;
  readonly viewerOf: ViewerOf;
  readonly audit: Audit;
  readonly wallMs: () => number;
}

/** Why the signer refuses, in words for the user. */
const SIGNER_WORDS: Readonly<Record<string, string>> = {
  ticket: "Sign out and in again to send orders: the signer does not know this page any more",
  life: "The web signs only orders that expire within an hour",
  clock: "The clocks of this browser and the collector differ by more than 5 minutes",
  rate: "Too many orders: at most 60 a minute",
  account: "Your account may not sign in any more",
  "no-signer": "This collector signs no orders for the web: use mlctl run",
  unavailable: "Orders cannot be signed at the moment",
};

/** The slowest provider has 5 s on its node. */
const DEFAULT_ASK_MS = 8_000;
const BUSY_RETRY_SECONDS = 2;

/**
 * Orders for nodes: `POST /api/runs` (`?batch=N&pause=1`), `DELETE /api/runs/:run`, `POST /api/runs/:run/continue`,
 * `POST /api/dry-runs`, `POST /api/asks` (`?follow=1`).
 *
 * The collector stores and passes on orders that a user has signed. Its checks here help the user to notice a mistake;
 * each node decides by itself whether it obeys.
 */
export function createFleetApi({ fleet, signer, viewerOf, audit, wallMs }: FleetApiOptions): Router {
  const router = Router();

  const audited = auditedOrders(audit);

  /**
   * The viewer of an order. Only the web's own page sends orders that the web signs: no token is worth a web signature.
   */
  async function viewerFor(request: Request, { via }: OrderOf<Taken>): Promise<Viewer> {
    return viewerOf(request, via === "web" ? "session" : "run");
  }

  router.post("/sign", async (request, response) => {
    const { user } = await viewerOf(request, "session");
    const { ticket, order: text } = asRecord(request.body) ?? {};
    const order = typeof text === "string" ? parseOrder(text) : undefined;
    if (order === undefined || typeof text !== "string" || typeof ticket !== "string")
      throw badRequest('Cannot sign: expected {"ticket": ..., "order": ...}, the order in its one spelling');
    if (order.user !== user) throw notYours(order.user, user);
    const signed = (await signer?.sign({ ticket, order: text })) ?? { refused: "no-signer" };
    if ("sig" in signed) {
      response.json(signed);
      return;
    }
    const { refused: reason } = signed;
    audit.record({ event: "order", outcome: "refused", user, owner: user, address: request.ip, reason, via: "web" });
    throw new HttpError({ status: 403, code: reason, message: SIGNER_WORDS[reason] ?? `Not signed: ${reason}` });
  });

  router.post("/runs", async (request, response) => {
    await viewerOf(request, "run");
    const { order, parts } = readOrders(request.body, "run");
    const batching = batchingOf(new Query(request.query));
    const viewer = await viewerFor(request, order);
    await audited({ request, order, signed: parts[0].signed, viewer }, async () => {
      const signed = checkParts(parts, { viewer, fleet, nowMs: wallMs() });
      const outcome = await fleet.submit(order, signed, batching);
      if (outcome === "busy") throw busy();
      if (outcome === "full") throw tooMany("Too many of your runs have not ended: stop some, or wait");
      if (outcome === "files") {
        const message = "A file of the order is not here: send it again (PUT /api/blobs/:sha256)";
        throw new HttpError({ status: 409, code: "files", message });
      }
      if (outcome === "differs")
        throw new HttpError({ status: 409, code: "differs", message: "Another order has this id: make a new one" });
    });
    response.status(201).json(await fleet.run(order.user, order.run));
  });

  router.post("/dry-runs", async (request, response) => {
    await viewerOf(request, "run");
    const { order, signed } = readOrder(request.body, "check");
    const viewer = await viewerFor(request, order);
    const nodes = await audited({ request, order, signed, viewer }, async () => {
      checkOrder(order, { signed, viewer, fleet, nowMs: wallMs() });
      const answers = await fleet.dryRun(order, { signed, signal: clientGone(response) });
      if (answers === undefined)
        throw tooMany("Too many dry runs at a time, of yours or of all: try again in a moment");
      return answers;
    });
    response.json({ nodes });
  });

  router.post("/asks", async (request, response) => {
    await viewerOf(request, "run");
    const { order, signed } = readOrder(request.body, "ask");
    const most = FLEET_LIMITS.maxAskLifeMs;
    const query = new Query(request.query);
    const withinMs = query.count("within", { least: 1, most, fallback: DEFAULT_ASK_MS });
    const lines = query.text("follow", 1) === undefined ? undefined : new AskedLines(response);
    const viewer = await viewerFor(request, order);
    const nodes = await audited({ request, order, signed, viewer }, async () => {
      checkOrder(order, { signed, viewer, fleet, nowMs: wallMs() });
      const answers = await fleet.ask(order, { signed, withinMs, signal: clientGone(response), onSaid: lines?.say });
      if (answers === undefined)
        throw tooMany("Too many questions at a time, of yours or of all: try again in a moment");
      return answers;
    });
    if (lines === undefined) response.json({ nodes });
    else lines.end(nodes);
  });

  router.post("/runs/:run/continue", async (request, response) => {
    const { user } = await viewerOf(request, "run");
    const run = parseExecutionId(request.params.run);
    const view = run === undefined ? undefined : await fleet.run(user, run);
    if (run === undefined || view === undefined) throw notFound("run");
    const isHeld = await fleet.goOn(user, run);
    if (isHeld === "busy") throw busy();
    const outcome = isHeld ? "ok" : "refused";
    audit.record({ event: "order", outcome, user, owner: user, address: request.ip, kind: "continue", run });
    if (!isHeld) throw badRequest("Nothing of this run is held: it goes on, or has ended");
    response.json(await fleet.run(user, run));
  });

  router.delete("/runs/:run", async (request, response) => {
    await viewerOf(request, "run");
    const { order, parts } = readOrders(request.body, "cancel");
    const viewer = await viewerFor(request, order);
    if (order.run !== request.params.run) throw badRequest("The signed order names another run than the address");
    await audited({ request, order, signed: parts[0].signed, viewer }, async () => {
      const signed = checkParts(parts, { viewer, fleet, nowMs: wallMs() });
      // A node obeys an administrator's cancel if its agent.toml lists them.
      if (order.owner !== viewer.user && !viewer.admin) throw notFound("run");
      const outcome = await fleet.cancel(order, signed);
      if (outcome === "busy") throw busy();
      if (outcome === "missing") throw notFound("run");
    });
    response.json(await fleet.run(order.owner, order.run));
  });

  return router;
}

function busy(): HttpError {
  const message = `Nothing was stored: ${FLEET_LIMITS.maxWaitingChanges} changes wait for the collector's disk, which is the limit. Send it again in a moment`;
  return new HttpError({ status: 503, code: "busy", message, retryAfterSeconds: BUSY_RETRY_SECONDS });
}

/** Parses `?batch=4&pause=1`: four nodes at a time, until one fails. */
function batchingOf(query: Query): { readonly size: number; readonly pausesOnFailure: boolean } | undefined {
  const size = query.count("batch", { least: 1, most: FLEET_LIMITS.maxNodes, fallback: 0 });
  return size === 0 ? undefined : { size, pausesOnFailure: query.text("pause", 1) !== undefined };
}
