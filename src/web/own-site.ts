import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { AuditEvent } from "../host/audit.ts";

/** The proxies in front, and what they make of us. */
export interface Proxied {
  /** The address of the viewer in browsers; its path, if any, is where the proxy has put us. */
  readonly url: string;
  /** IP addresses and networks (192.0.2.0/24) that the proxies connect from. */
  readonly addresses: readonly string[];
}

export interface OwnSiteOptions {
  /** We serve https ourselves. */
  readonly tls: boolean;
  readonly proxied: Proxied | undefined;
  /** Names beside loopback's and IP addresses that browsers may use for us. */
  readonly names: readonly string[];
  /** Whether our certificate is for this name. */
  readonly isCertified: (name: string) => boolean;
}

/** RFC 9110, section 7.2: a name, an IPv4 address or a bracketed IPv6 address, and perhaps a port. */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]{1,253}))(?::\d{1,5})?$/i;

/** Under which addresses browsers know this server, and who may speak for them. */
export class OwnSite {
  /** Browsers reach us over TLS, ours or a proxy's. */
  readonly isSecure: boolean;
  /** Where the proxy has put us: "" at the top, else like "/logs". */
  readonly basePath: string;
  /** Undefined: whatever Host says, once that has been checked. */
  readonly origin: string | undefined;
  readonly #options: OwnSiteOptions;
  readonly #names: ReadonlySet<string>;
  readonly #proxies = new BlockList();

  constructor(options: OwnSiteOptions) {
    const { tls, proxied, names } = options;
    const url = proxied === undefined ? undefined : new URL(proxied.url);
    this.#options = options;
    this.isSecure = url === undefined ? tls : url.protocol === "https:";
    this.basePath = url?.pathname.replace(/\/+$/, "") ?? "";
    this.origin = url?.origin;
    this.#names = new Set([...names, ...(url === undefined ? [] : [url.hostname])].map((name) => name.toLowerCase()));
    for (const address of proxied?.addresses ?? []) addTo(this.#proxies, address);
  }

  /** Whether a connection from there is a proxy's: its word for the client's address counts. No address: a unix socket. */
  isProxy(address: string | undefined): boolean {
    if (this.#options.proxied === undefined) return false;
    if (address === undefined) return true;
    const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
    return isIP(plain) !== 0 && this.#proxies.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  }

  /**
   * Whether a Host header is ours. Any other name may be somebody's who lets it point at us, so that the victim's
   * browser takes our answers for those of that site (DNS rebinding). An IP address cannot be made to point elsewhere.
   */
  isOwnHost(host: string | undefined): boolean {
    // No browser leaves it out; a health check in HTTP/1.0 does.
    if (host === undefined) return true;
    const [, six, text] = HOST.exec(host) ?? [];
    if (six !== undefined) return isIPv6(six);
    const name = text?.toLowerCase().replace(/\.$/, "");
    if (name === undefined) return false;
    const isLoopback = name === "localhost" || name.endsWith(".localhost");
    return isLoopback || isIP(name) === 4 || this.#names.has(name) || this.#options.isCertified(name);
  }

  /**
   * Whether a request that changes something, or opens a WebSocket, comes from our own pages (or from no page at all).
   * Browsers send Origin with all of these. Without one, only a request that carries no session may pass: a script's
   * login.
   */
  isOwnOrigin({ origin, host, cookie = "" }: IncomingHttpHeaders, cookieName: string): boolean {
    if (origin === undefined) return !cookie.includes(`${cookieName}=`);
    if (this.origin !== undefined) return origin === this.origin;
    return host !== undefined && origin === `${this.isSecure ? "https" : "http"}://${host}`;
  }

  /** The client of a request that express does not handle: whom our proxy says last, where it is one of ours. */
  clientOf(request: IncomingMessage): string | undefined {
    const { remoteAddress } = request.socket;
    const said = this.isProxy(remoteAddress)
      ? request.headersDistinct["x-forwarded-for"]?.join().split(",")
      : undefined;
    return said?.at(-1)?.trim() || remoteAddress;
  }
}

/** What is recorded of a request from elsewhere. Its path without the query, which may say anything. */
export function foreignOrigin(
  request: IncomingMessage & { readonly originalUrl?: string },
  address: string | undefined,
): AuditEvent {
  // express takes the part away by which it found a router.
  const [path] = (request.originalUrl ?? request.url ?? "").split("?");
  const { origin = "none" } = request.headers;
  const refused = { event: "request", outcome: "refused", reason: "foreign-origin" } as const;
  return { ...refused, address, origin, method: request.method, path };
}

export function wrongHost(host: string | undefined): { status: number; code: string; message: string } {
  const name = JSON.stringify(host?.slice(0, 100));
  const message = `Host ${name} is no name of this collector: where it should be one, add it to web-names`;
  return { status: 421, code: "wrong_host", message };
}

/** @param text An address or a network; the configuration has checked it. */
function addTo(list: BlockList, text: string): void {
  const [address = "", bits] = text.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (bits === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(bits), family);
}
