import { isIP } from "node:net";
import { isUnixName } from "../wire/unix-name.ts";

/** How one setting is checked. `expected` completes the sentence "expected ...". */
export interface Field<T> {
  readonly expected: string;
  /** The checked value, or undefined. Accepts values from TOML, and text from flags. */
  readonly parse: (value: unknown) => T | undefined;
}

/** Where to listen. Port 0 takes any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export const MAX_PORT = 65_535;
/** Each word is compared on every request. */
const MAX_LIST_WORDS = 64;

/** A TCP address or the path of a unix socket. */
export type Endpoint = Address | { readonly path: string };

export const FIELDS = {
  path: field("a path", (value) => {
    return typeof value === "string" && value !== "" && !value.includes("\0") ? value : undefined;
  }),
  flag: field("true or false", (value) => (typeof value === "boolean" ? value : undefined)),
  address: field("HOST:PORT, like 127.0.0.1:8514 or [::1]:8514", parseAddress),
  /** Without IPv6 and port 0: the package of UDP syslog supports neither, since it does not report the port it got. */
  ipv4Address: field("HOST:PORT without IPv6 and port 0, like 0.0.0.0:514", (value) => {
    const address = parseAddress(value);
    return address === undefined || isIP(address.host) === 6 || address.port === 0 ? undefined : address;
  }),
  /** Where browsers find the viewer: an origin, and perhaps a path on a proxy. */
  siteUrl: field("an address like https://logs.example.org or https://www.example.org/logs", parseSiteUrl),
  networks: field("IP addresses or networks, like 192.0.2.1 or 2001:db8::/32", (value) => parseList(value, isNetwork)),
  hostNames: field("host names", (value) => parseList(value, isHostName)),
  endpoint: field("HOST:PORT or unix:PATH, like 127.0.0.1:9514 or unix:/run/marcologger/metrics.sock", parseEndpoint),
  fleetBroker: field("child or unit", (value) => (value === "child" || value === "unit" ? value : undefined)),
  sync: field("batch or always", (value) => (value === "batch" || value === "always" ? value : undefined)),
  /** pam_start(3) takes the name of a file in /etc/pam.d. */
  pamService: field("the name of a file in /etc/pam.d", (value) => {
    return typeof value === "string" && /^[A-Za-z0-9][\w.-]{0,63}$/.test(value) ? value : undefined;
  }),
  unixName: field("the name of a unix group", (value) => {
    return typeof value === "string" && isUnixName(value) ? value : undefined;
  }),
} as const;

/** Bytes of sockaddr_un.sun_path without its NUL (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 107;

/** A whole number between two bounds. */
export function countField(least: number, most: number): Field<number> {
  return field(`a whole number from ${least} to ${most}`, (value) => {
    const count = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
    const isCount = typeof count === "number" && Number.isSafeInteger(count);
    return isCount && count >= least && count <= most ? count : undefined;
  });
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function field<T>(expected: string, parse: (value: unknown) => T | undefined): Field<T> {
  return { expected, parse };
}

function parseAddress(value: unknown): Address | undefined {
  if (typeof value !== "string") return undefined;
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(value);
  if (match === null) return undefined;
  const [, six, name, digits] = match;
  const port = Number(digits);
  const host = six ?? name;
  if (host === undefined || port > MAX_PORT || (six !== undefined && isIP(six) !== 6)) return undefined;
  return { host, port };
}

function parseEndpoint(value: unknown): Endpoint | undefined {
  if (typeof value !== "string" || !value.startsWith("unix:")) return parseAddress(value);
  const path = value.slice("unix:".length);
  const isUsable = path.startsWith("/") && !path.includes("\0") && Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES;
  return isUsable ? { path } : undefined;
}

function parseSiteUrl(value: unknown): string | undefined {
  if (typeof value !== "string" || !URL.canParse(value)) return undefined;
  const { protocol, origin, pathname } = new URL(value);
  const isPlain = protocol === "https:" || protocol === "http:";
  const isPath = /^\/[\w./~-]*$/.test(pathname) && !pathname.includes("//");
  const url = `${origin}${pathname}`;
  return isPlain && isPath && (url === value || url === `${value}/`) ? url.replace(/\/$/, "") : undefined;
}

/** A list in TOML; words separated by commas as a flag. */
function parseList(value: unknown, isWord: (text: string) => boolean): readonly string[] | undefined {
  const words: unknown = typeof value === "string" ? value.split(",").map((word) => word.trim()) : value;
  if (!Array.isArray(words) || words.length > MAX_LIST_WORDS) return undefined;
  return words.every((word): word is string => typeof word === "string" && isWord(word)) ? words : undefined;
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...others] = text.split("/");
  const family = isIP(address);
  if (family === 0 || others.length > 0 || address.includes("%")) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
}

function isHostName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i.test(text);
}
