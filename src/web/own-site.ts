import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { AuditEvent } from "../host/audit.ts";

export interface OriginRules {
  /** We serve https ourselves. */
  readonly tls: boolean;
  readonly behindProxy: string | undefined;
  readonly cookieName: string;
}

/**
 * Whether a request that changes something, or opens a WebSocket, comes from our own pages (or from no page at all).
 *
 * Browsers send Origin with all of these. Without one, only a request that carries no session may pass: a script's
 * login.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders, { tls, behindProxy, cookieName }: OriginRules): boolean {
  const { origin, host, cookie = "" } = headers;
  if (origin === undefined) return !cookie.includes(`${cookieName}=`);
  if (origin === behindProxy) return true;
  return host !== undefined && origin === `${tls ? "https" : "http"}://${host}`;
}

/** What is recorded of a request that does not. Its path without the query, which may say anything. */
export function foreignOrigin(request: IncomingMessage, address: string | undefined): AuditEvent {
  const [path] = (request.url ?? "").split("?");
  const { origin = "none" } = request.headers;
  const refused = { event: "request", outcome: "refused", reason: "foreign-origin" } as const;
  return { ...refused, address, origin, method: request.method, path };
}

/** The client of a request that express does not handle: whom our proxy says last, where one stands in front. */
export function clientAddress(request: IncomingMessage, { behindProxy }: OriginRules): string | undefined {
  const said = behindProxy === undefined ? [] : request.headersDistinct["x-forwarded-for"]?.join().split(",");
  return said?.at(-1)?.trim() || request.socket.remoteAddress;
}
