import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { AuditEvent } from "../host/audit-event.ts";
import { addressAudience } from "../host/local-proof.ts";
import { ownAddresses } from "../host/own-addresses.ts";

/** The proxies in front, and the address they serve us under. */
export interface Proxied {
  /** The viewer's address in browsers; its path, if any, is our prefix on the proxy. */
  readonly url: string;
  /** IP addresses and networks (192.0.2.0/24) from which the proxies connect. `socket`: all who may open our socket. */
  readonly addresses: readonly string[] | "socket";
}

interface OwnSiteOptions {
  /** Whether we serve https ourselves. */
  readonly tls: boolean;
  readonly proxied: Proxied | undefined;
  /** Names that browsers may use for us, besides those of loopback and IP addresses. */
  readonly names: readonly string[];
  /** Whether our certificate is for this name. */
  readonly isCertified: (name: string) => boolean;
}

/** RFC 9110, section 7.2: a name, an IPv4 address or a bracketed IPv6 address, and perhaps a port. */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]{1,253}))(?::\d{1,5})?$/i;

/** The addresses at which browsers know this server, and the proxies that may speak for them. */
export class OwnSite {
  /** Whether browsers reach us over TLS, ours or a proxy's. */
  readonly isSecure: boolean;
  /** Our prefix on the proxy: "" for the root, otherwise like "/logs". */
  readonly basePath: string;
  /** Undefined: taken from Host, once that has been checked. */
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
    if (proxied === undefined || proxied.addresses === "socket") return;
    for (const address of proxied.addresses) addTo(this.#proxies, address);
  }

  /** Whether the peer is our proxy, whose word on the client's address counts. */
  isProxy(address: string | undefined): boolean {
    if (this.#options.proxied?.addresses === "socket") return true;
    // The client has gone.
    if (address === undefined) return false;
    const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
    return isIP(plain) !== 0 && this.#proxies.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  }

  /**
   * Whether a Host header is ours. An attacker may point any other name at us, so that the victim's browser takes our
   * answers for that site's (DNS rebinding). An IP address cannot be pointed elsewhere.
   */
  isOwnHost(host: string | undefined): boolean {
    // No browser omits it; a health check in HTTP/1.0 does.
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
   * Browsers send Origin with all of these. Without it, only a request with no session may pass, such as a script's
   * login.
   */
  isOwnOrigin({ origin, host, cookie = "" }: IncomingHttpHeaders, cookieName: string): boolean {
    if (origin === undefined) return !cookie.includes(`${cookieName}=`);
    if (this.origin !== undefined) return origin === this.origin;
    return host !== undefined && origin === `${this.isSecure ? "https" : "http"}://${host}`;
  }

  /**
   * Where a client that signs in locally believes to be: the origin that TLS has proved to it, or the address that it
   * connected to. Undefined if neither is known here: behind a proxy without TLS, or under a name that is not in our
   * certificate.
   */
  audienceOf({ headers: { host }, socket }: Pick<IncomingMessage, "headers" | "socket">): string | undefined {
    if (this.origin !== undefined) return this.isSecure ? this.origin : undefined;
    if (!this.isSecure) return addressAudience(socket.localAddress, socket.localPort);
    const url = `https://${host}`;
    if (!URL.canParse(url)) return undefined;
    const { hostname, origin } = new URL(url);
    return this.#options.isCertified(hostname) ? origin : undefined;
  }

  /** Whether a client is on this machine. */
  isLocal(address: string | undefined): boolean {
    const plain = address?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
    if (plain === "::1" || plain.startsWith("127.")) return true;
    return ownAddresses().some((each) => each.address === plain);
  }

  /** The client of a request that express does not handle: the last one named by our proxy, if it is ours. */
  clientOf(request: IncomingMessage): string | undefined {
    const { remoteAddress } = request.socket;
    const said = this.isProxy(remoteAddress)
      ? request.headersDistinct["x-forwarded-for"]?.join().split(",")
      : undefined;
    return said?.at(-1)?.trim() || remoteAddress;
  }
}

/** The audit's details of a request from elsewhere. Its path omits the query, which may hold anything. */
export function foreignOrigin(
  request: IncomingMessage & { readonly originalUrl?: string },
  address: string | undefined,
): AuditEvent {
  // express removes the part of `url` that selected a router.
  const [path] = (request.originalUrl ?? request.url ?? "").split("?");
  const { origin = "none" } = request.headers;
  const refused = { event: "request", outcome: "refused", reason: "foreign-origin" } as const;
  return { ...refused, address, origin, method: request.method, path };
}

export function wrongHost(host: string | undefined): { status: number; code: string; message: string } {
  const name = JSON.stringify(host?.slice(0, 100));
  const message = `Host ${name} is not a name of this collector: if it should be, add it to web-names`;
  return { status: 421, code: "wrong_host", message };
}

/** @param text An address or a network, checked by the configuration. */
function addTo(list: BlockList, text: string): void {
  const [address = "", bits] = text.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (bits === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(bits), family);
}
