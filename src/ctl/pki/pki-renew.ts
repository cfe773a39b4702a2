import { CtlError } from "../command.ts";
import { replaceFile } from "../replace-file.ts";
import { Authority, type Issued, type Lifetime } from "./pki-authority.ts";
import { makeLeaf, namesOf } from "./pki-leaf.ts";
import { isSameName, refuseSharedName } from "./pki-names.ts";

export interface Renewal {
  /** For the collector: other names than it had. */
  readonly names?: readonly string[] | undefined;
  /** Where it is not two years: for tests. */
  readonly lifetime?: Lifetime;
}

/** What was renewed. */
export interface Renewed {
  /** As its certificate spells it, and so its files. */
  readonly name: string;
  /** Serial numbers that were revoked. */
  readonly revoked: readonly string[];
}

/** Makes a new key and certificate for a node or the collector in the place of the old ones, which are revoked. */
export function renewCertificate(folder: string, asked: string, renewal: Renewal = {}): Promise<Renewed> {
  return Authority.open(folder, async (authority) => {
    const issued = await authority.issued();
    const { earlier, last } = issuedTo(issued, asked);
    const names = renewal.names ?? namesOf(last.certificate);
    const { name } = last;
    refuseSharedName(issued, name, names);
    await makeLeaf(authority, { name, names, lifetime: renewal.lifetime, write: replaceFile });
    // All of them: an earlier renewal may have ended before it came this far.
    return { name, revoked: await revokeAll(authority, earlier, "superseded") };
  });
}

/** Revokes a node's certificate. Answers the serial numbers that were not revoked before. */
export function revokeNode(folder: string, node: string): Promise<readonly string[]> {
  return Authority.open(folder, async (authority) => {
    return revokeAll(authority, issuedTo(await authority.issued(), node).earlier);
  });
}

async function revokeAll(
  authority: Authority,
  certificates: readonly Issued[],
  reason?: "superseded",
): Promise<readonly string[]> {
  const valid = certificates.filter(({ isRevoked }) => !isRevoked);
  for (const one of valid) await authority.revoke(one, reason);
  // Also when there was nothing to revoke: an earlier call may have ended before it wrote the list.
  await authority.publishRevoked();
  return valid.map(({ serial }) => serial);
}

function issuedTo(issued: readonly Issued[], name: string): { earlier: readonly Issued[]; last: Issued } {
  const earlier = issued.filter((one) => isSameName(one.name, name));
  const last = earlier.at(-1);
  if (last !== undefined) return { earlier, last };
  throw new CtlError(`No certificate was ever issued to ${name}; \`mlctl pki list --dir DIR\` shows all that were`);
}
