import { FLEET_CERTIFICATES } from "../../wire/fleet-names.ts";
import { CtlError } from "../command.ts";
import { replaceFile } from "../replace-file.ts";
import { Authority } from "./pki-authority.ts";
import { makeLeaf, namesOf } from "./pki-leaf.ts";
import { refuseSharedName } from "./pki-names.ts";

const LOOPBACK = "127.0.0.1";

/**
 * Makes the fleet's certificates, in the place of earlier ones: the broker's, and both of the collector at the broker.
 * Earlier ones are revoked: nobody else may have been given them.
 *
 * @param names the broker's; by default the collector's.
 * @returns the serial numbers revoked.
 */
export function makeFleetCertificates(folder: string, names?: readonly string[]): Promise<readonly string[]> {
  return Authority.open(folder, async (authority) => {
    const issued = await authority.issued();
    const collector = issued.findLast(({ name }) => name === "collector");
    if (collector === undefined) throw new CtlError("Cannot name the broker: the collector has no certificate");
    // The collector itself comes over loopback.
    const brokers = [...new Set([...(names ?? namesOf(collector.certificate)), LOOPBACK])];
    refuseSharedName(issued, FLEET_CERTIFICATES.broker, brokers);
    const all = Object.values<string>(FLEET_CERTIFICATES);
    for (const name of all) {
      const isBroker = name === FLEET_CERTIFICATES.broker;
      await makeLeaf(authority, { name, names: isBroker ? brokers : [], lifetime: undefined, write: replaceFile });
    }
    const earlier = issued.filter(({ name, isRevoked }) => all.includes(name) && !isRevoked);
    for (const each of earlier) await authority.revoke(each, "superseded");
    await authority.publishRevoked();
    // Those of an authority that is older than the fleet.
    await authority.publishNodes();
    return earlier.map(({ serial }) => serial);
  });
}
