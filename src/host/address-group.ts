import { isIPv6 } from "node:net";

/** A proxy may send anything as an address. */
const MAX_ADDRESS_CHARACTERS = 64;
/** Groups of 16 bits, of which the last counts by half: a /56. */
const SITE_GROUPS = 4;

/**
 * The addresses that count as one client: an IPv4 address, or an IPv6 /56, which providers give to one site (RFC 6177
 * lets them choose between /48 and /64; RIPE-690 recommends /56 for homes). IPv4 in IPv6 counts as IPv4. Anything that
 * is not an address is its own group.
 */
export function addressGroup(address: string): string {
  const text = address.slice(0, MAX_ADDRESS_CHARACTERS);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  if (mapped !== undefined || !isIPv6(text)) return mapped ?? text;
  const [head = "", tail = ""] = text.split("%")[0]?.split("::") ?? [];
  const first = head.split(":").filter((group) => group !== "");
  const last = tail.split(":").filter((group) => group !== "");
  const zeros = text.includes("::") ? Array.from({ length: 8 - first.length - last.length }, () => "0") : [];
  const groups = [...first, ...zeros, ...last].slice(0, SITE_GROUPS).map((group) => Number.parseInt(group, 16));
  groups[SITE_GROUPS - 1] = (groups[SITE_GROUPS - 1] ?? 0) & 0xff00;
  return `${groups.map((group) => group.toString(16)).join(":")}::/56`;
}
