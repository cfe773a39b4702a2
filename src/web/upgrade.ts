import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as after } from "node:timers/promises";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { EndWithAdmin } from "./admin-watch.ts";
import { enterBasePath } from "./base-path.ts";
import { apiError } from "./http-error.ts";
import { foreignOrigin, type OwnSite, wrongHost } from "./own-site.ts";
import type { LiveSockets } from "./ports.ts";
import type { Sessions } from "./sessions.ts";
import type { WebMetrics } from "./web-metrics.ts";

interface UpgradeOptions {
  readonly site: OwnSite;
  readonly sessions: Sessions;
  readonly toViewer: (owner: Owner) => Promise<Viewer>;
  /** Ends the sessions of an account that is no longer the same. */
  readonly lookAtAccount: (owner: Owner) => Promise<void>;
  readonly endWithAdmin: EndWithAdmin;
  readonly live: LiveSockets;
  readonly log: Log;
  readonly audit: Audit;
  readonly metrics: WebMetrics;
}

type Owner = { readonly user: string; readonly uid: number };
type Refusal = { readonly status: number; readonly code: string; readonly message: string };

/** An unresponsive directory must not keep viewers out: after this time the session ends once the answer arrives. */
const LOOK_AT_ACCOUNT_WITHIN_MS = 2_000;
const SIGN_IN_FIRST: Refusal = { status: 401, code: "unauthorized", message: "Sign in first" };

/** Handles `/live`: opens a WebSocket for a request that has a session and comes from our own pages. */
export function createUpgradeHandler(options: UpgradeOptions) {
  const { site, sessions, toViewer, lookAtAccount, endWithAdmin, live, log, audit, metrics } = options;

  async function handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<Refusal | undefined> {
    if (request.headers.upgrade?.toLowerCase() !== "websocket") {
      return { status: 426, code: "upgrade_required", message: "Ask without Upgrade: only WebSockets are upgraded" };
    }
    if (!site.isOwnHost(request.headers.host)) return wrongHost(request.headers.host);
    enterBasePath(request, site.basePath);
    const [path] = (request.url ?? "").split("?");
    if (path !== "/live") return { status: 404, code: "not_found", message: "There is no such address" };
    const address = site.clientOf(request);
    if (!site.isOwnOrigin(request.headers, sessions.cookieName)) {
      audit.record(foreignOrigin(request, address));
      return { status: 403, code: "foreign_origin", message: "The request comes from another site" };
    }
    const token = sessions.tokens.of(request);
    if (token !== undefined && token !== "none" && !token.scopes.includes("read"))
      return { status: 403, code: "scope", message: "The token may not read" };
    const session = token ?? (await sessions.ofUpgrade(request));
    if (session === undefined || session === "none") return SIGN_IN_FIRST;
    await Promise.race([lookAtAccount(session.owner), after(LOOK_AT_ACCOUNT_WITHIN_MS)]);
    if (!sessions.isOpen(session.hash)) return SIGN_IN_FIRST;
    const viewer = await toViewer(session.owner);
    if (!live.hasRoom(viewer)) return { status: 429, code: "too_many", message: "Too many connections of this user" };
    const opened = live.accept({ request, socket, head, address }, viewer);
    if (opened === undefined) return undefined;
    sessions.held.hold(session.hash, opened);
    if (viewer.admin) endWithAdmin(session.owner, opened);
    return undefined;
  }

  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const destroy = () => socket.destroy();
    socket.on("error", destroy);
    handle(request, socket, head).then(
      (refusal) => {
        if (refusal === undefined) return;
        metrics.refused(refusal.code).inc();
        refuse(socket, refusal);
      },
      (error: unknown) => {
        log.event("error", "cannot open a WebSocket", { error: String(error) });
        destroy();
      },
    );
  };
}

/** Answers as the API does, on a socket that node:http has released. */
function refuse(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(apiError(refusal));
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    // A 426 names the supported protocol (RFC 9110, section 15.5.22).
    ...(refusal.status === 426 ? ["Connection: close, upgrade", "Upgrade: websocket"] : ["Connection: close"]),
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
