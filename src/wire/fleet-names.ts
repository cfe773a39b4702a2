/** The fleet's own certificates in a pki folder, besides those of the collector and of nodes: NAME.crt, NAME.key. */
export const FLEET_CERTIFICATES = {
  /** The broker's server certificate. */
  broker: "fleet-broker",
  /** The collector's client certificate at the broker, for orders and events. */
  control: "fleet-control",
  /** The collector's client certificate at the broker, to ask whether a configuration is in force. */
  system: "fleet-system",
} as const;

/** The list of valid certificates of nodes, beside `ca.crl`: one `NAME<TAB>URI<TAB>VALID-UNTIL` a line. */
export const NODES_LIST = "nodes.list";

/** A certificate in `nodes.list`. */
export interface ListedNode {
  /** In lower case. */
  readonly name: string;
  readonly uri: string;
  readonly validToMs: number;
}

const URI = /^urn:marcologger:node:([a-z0-9._-]+):[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** A certificate's URI, which names its holder and distinguishes it from the holder's others. @param name in the pki folder. */
export function fleetUri(name: string, ulid: string): string {
  if (name === FLEET_CERTIFICATES.broker) return `urn:marcologger:broker:${ulid}`;
  if (name === FLEET_CERTIFICATES.control) return `urn:marcologger:control:${ulid}`;
  if (name === FLEET_CERTIFICATES.system) return `urn:marcologger:system:${ulid}`;
  return `urn:marcologger:node:${name.toLowerCase()}:${ulid}`;
}

/** Whether a name in the pki folder belongs to one of the fleet's certificates. */
export function isFleetCertificate(name: string): boolean {
  return Object.values<string>(FLEET_CERTIFICATES).includes(name.toLowerCase());
}

export function listedNodesText(nodes: readonly ListedNode[]): string {
  return nodes.map(({ name, uri, validToMs }) => `${name}\t${uri}\t${new Date(validToMs).toISOString()}\n`).join("");
}

/** Parses `nodes.list`. Skips malformed lines: they admit nobody. */
export function parseListedNodes(text: string): readonly ListedNode[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", uri = "", until = ""] = line.split("\t");
    const validToMs = Date.parse(until);
    return URI.exec(uri)?.[1] === name && Number.isFinite(validToMs) ? [{ name, uri, validToMs }] : [];
  });
}
