import { FLEET_CERTIFICATES } from "../../wire/fleet-names.ts";
import { CtlError } from "../command.ts";
import type { Issued } from "./pki-authority.ts";
import { namesOf } from "./pki-leaf.ts";

/** Nodes reach both by the same names. */
function isServer(name: string): boolean {
  return name === "collector" || name === FLEET_CERTIFICATES.broker;
}

/** Whether names of nodes or hosts are the same: DNS and the collector ignore case. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * Refuses to give a node one of the collector's names, or the collector one of a node's. A node with such a name could
 * receive the lines of all others: a relay whose omrelp uses GnuTLS checks the authority and the name of the
 * collector's certificate, but not that it is for a server.
 *
 * @param owner `collector` or the node that gets a certificate.
 * @param names the names of the new certificate.
 */
export function refuseSharedName(issued: readonly Issued[], owner: string, names: readonly string[]): void {
  const isForCollector = isServer(owner);
  for (const { name, isRevoked, validToMs, certificate } of issued) {
    const isCollector = isServer(name);
    if (isRevoked || validToMs <= Date.now() || name === "ca" || isCollector === isForCollector) continue;
    const shared = namesOf(certificate).find((one) => names.some((wanted) => isSameName(one, wanted)));
    if (shared === undefined) continue;
    if (isForCollector) {
      throw new CtlError(
        `Cannot call the collector ${shared}: node ${name} is called that and could pose as the collector; ` +
          `choose another name, or \`mlctl pki revoke ${name} --dir DIR\` first`,
      );
    }
    throw new CtlError(
      `Cannot issue a certificate to ${owner}: the collector is called ${shared}, and the node could pose as it; ` +
        `choose another name, like ${owner}-node, which need not be the host's`,
    );
  }
}
