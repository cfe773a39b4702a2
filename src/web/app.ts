import express, { type Express, type RequestHandler, type Router } from "express";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import { LoopTurns } from "../host/loop-turns.ts";
import type { Metrics } from "../host/metrics.ts";
import { hasToken } from "../host/metrics-access.ts";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import { underBasePath } from "./base-path.ts";
import { answerErrors, HttpError, notFound } from "./http-error.ts";
import { foreignOrigin, type OwnSite, wrongHost } from "./own-site.ts";
import { securityHeaders } from "./security-headers.ts";
import { serveUi } from "./static-ui.ts";
import type { WebMetrics } from "./web-metrics.ts";

interface AppOptions {
  readonly site: OwnSite;
  readonly hstsSeconds: number;
  readonly cookieName: string;
  readonly session: RequestHandler;
  readonly routers: readonly Router[];
  /** Why the collector is unwell; empty if it is well. */
  readonly health: () => readonly string[];
  readonly uiFolder: string;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: Metrics;
  /** A scraper's token; undefined: no /metrics on this port, because it names nodes. */
  readonly metricsToken: string | undefined;
  readonly webMetrics: WebMetrics;
}

/** Body of a login or a search: a pattern of 1 KiB, and names. */
const MAX_BODY_BYTES = 16_384;
/** A signed order as JSON text, in which each of its quotes takes two characters. */
const MAX_ORDER_BYTES = 2 * FLEET_LIMITS.maxMessageBytes;
/** Paths whose bodies hold one order. */
const SIGNED_ORDERS = ["/sign", "/dry-runs", "/asks", "/calls"];
/** Path whose bodies may hold an order in several parts. */
const ORDERS_IN_PARTS = "/runs";
const MAX_PARTS_BYTES = FLEET_LIMITS.maxParts * FLEET_LIMITS.maxMessageBytes + MAX_BODY_BYTES;
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** One request: headers -> Host -> health and metrics -> origin -> session -> API -> viewer -> errors. */
export function createApp(options: AppOptions): Express {
  const { site, hstsSeconds, cookieName, session, routers, health, uiFolder, log, audit } = options;
  const { metrics, webMetrics, metricsToken } = options;
  const app = express();
  app.disable("x-powered-by");
  // API answers are never cached, so no client would send an ETag back.
  app.disable("etag");
  app.set("query parser", "simple");
  // One proxy, ours: trust the client address that it adds, not those that the client sent.
  app.set("trust proxy", (address: string | undefined, hops: number) => hops === 0 && site.isProxy(address));
  app.use(securityHeaders({ site, hstsSeconds }));
  app.use((request, _response, next) => {
    const { host } = request.headers;
    if (site.isOwnHost(host)) return next();
    webMetrics.refused("wrong_host").inc();
    throw new HttpError(wrongHost(host));
  });
  app.use(underBasePath(site.basePath));

  app.get("/healthz", (_request, response) => {
    const reasons = health();
    response.set("Cache-Control", "no-store");
    response
      .status(reasons.length === 0 ? 200 : 503)
      .json({ status: reasons.length === 0 ? "ok" : "failing", reasons });
  });
  app.get("/metrics", async (request, response) => {
    if (metricsToken === undefined) throw notFound("page");
    response.set("Cache-Control", "no-store");
    if (!hasToken(request.headers.authorization, metricsToken)) {
      response.set("WWW-Authenticate", "Bearer");
      throw new HttpError({ status: 401, code: "unauthorized", message: "Send the token of metrics-token-file" });
    }
    response.type("text/plain; version=0.0.4; charset=utf-8").send(await metrics.text());
  });

  const api = express.Router();
  const turns = new LoopTurns();
  // Requests on many connections at once come in steps, with other events between them.
  api.use((_request, _response, next) => turns.soon(next));
  api.use((request, response, next) => {
    response.set("Cache-Control", "no-store");
    // A proxy may forward TLS early data, which an attacker can replay (RFC 8470).
    if (request.headers["early-data"] === "1" && !SAFE_METHODS.includes(request.method)) {
      webMetrics.refused("too_early").inc();
      throw new HttpError({ status: 425, code: "too_early", message: "Send this again after the TLS handshake" });
    }
    if (SAFE_METHODS.includes(request.method) || site.isOwnOrigin(request.headers, cookieName)) return next();
    webMetrics.refused("foreign_origin").inc();
    audit.record(foreignOrigin(request, request.ip));
    throw new HttpError({ status: 403, code: "foreign_origin", message: "The request comes from another site" });
  });
  api.use((request, _response, next) => {
    // express-session checks this header; the configuration knows whether the proxy speaks https.
    if (site.origin !== undefined) request.headers["x-forwarded-proto"] = site.isSecure ? "https" : "http";
    next();
  });
  api.use(session);
  // Comes before the next parser, which skips a body already read: an order names thousands of nodes.
  api.use(SIGNED_ORDERS, express.json({ limit: MAX_ORDER_BYTES }));
  api.use(ORDERS_IN_PARTS, express.json({ limit: MAX_PARTS_BYTES }));
  api.use(express.json({ limit: MAX_BODY_BYTES }));
  api.use(...routers);
  api.use(() => {
    throw notFound("address");
  });

  app.use("/api", api);
  app.use(serveUi(uiFolder, site.basePath));
  app.use(() => {
    throw notFound("page");
  });
  app.use(answerErrors(log));
  return app;
}
