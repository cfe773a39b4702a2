import type { RequestHandler } from "express";
import helmet from "helmet";
import type { OwnSite } from "./own-site.ts";

/**
 * Everything from ourselves, nothing inline, no frames. `'self'` covers the WebSocket in current browsers; older ones
 * need its full address.
 *
 * @param hstsSeconds How long browsers shall ask this host for nothing but https (RFC 6797), on any port and for
 *   whatever else runs there; 0 leaves that to the host's owner.
 */
export function securityHeaders(options: { site: OwnSite; hstsSeconds: number }): RequestHandler {
  const { site, hstsSeconds } = options;
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'"],
        manifestSrc: ["'self'"],
        connectSrc: ["'self'", (request) => webSocketOf(request.headers.host, site)],
        baseUri: [site.basePath === "" ? "'none'" : "'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: site.isSecure && hstsSeconds > 0 && { maxAge: hstsSeconds, includeSubDomains: false },
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
  });
}

/** The client sets the Host header: only a name of ours gets into the policy. */
function webSocketOf(host: string | undefined, site: OwnSite): string {
  if (site.origin !== undefined) return site.origin.replace(/^http/, "ws");
  const isKnown = host !== undefined && site.isOwnHost(host);
  return isKnown ? `${site.isSecure ? "wss" : "ws"}://${host}` : "'self'";
}
