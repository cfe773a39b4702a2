import type { IncomingHttpHeaders } from "node:http";

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
