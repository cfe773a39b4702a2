import type { RequestHandler } from "express";
import helmet from "helmet";

/**
 * Everything from ourselves, nothing inline, no frames. `'self'` covers the WebSocket in current browsers; older ones
 * need its address in words.
 */
export function securityHeaders({ secure }: { secure: boolean }): RequestHandler {
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
        connectSrc: ["'self'", (request) => webSocketOf(request.headers.host, secure)],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // A collector on plain loopback must not make browsers ask for https.
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
  });
}

/** The Host header is the client's word: only what looks like one gets into ours. */
function webSocketOf(host: string | undefined, secure: boolean): string {
  const isPlain = host !== undefined && /^[A-Za-z0-9.:[\]-]{1,260}$/.test(host);
  return isPlain ? `${secure ? "wss" : "ws"}://${host}` : "'self'";
}
