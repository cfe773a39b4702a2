import { CtlError } from "../command.ts";
import { replaceFile } from "../replace-file.ts";
import { Authority, type Issued, type Lifetime } from "./pki-authority.ts";
import { makeLeaf, namesOf } from "./pki-leaf.ts";
import { isSameName, refuseSharedName } from "./pki-names.ts";

interface Renewal {
  /** For the collector: new names in place of the old ones. */
  readonly names?: readonly string[] | undefined;
  /** Two years by default; for tests. */
  readonly lifetime?: Lifetime;
}

/** The result of a renewal. */
interface Renewed {
  /** Spelled as in its certificate and its file names. */
  readonly name: string;
  /** Serial numbers revoked. */
  readonly revoked: readonly string[];
}

/** Replaces the key and certificate of a node or the collector, and revokes the old ones. */
export function renewCertificate(folder: string, asked: string, renewal: Renewal = {}): Promise<Renewed> {
  return Authority.open(folder, async (authority) => {
    const issued = await authority.issued();
    const { earlier, last } = issuedTo(issued, asked);
    const names = renewal.names ?? namesOf(last.certificate);
    const { name } = last;
    refuseSharedName(issued, name, names);
    await makeLeaf(authority, { name, names, lifetime: renewal.lifetime, write: replaceFile });
    // All of them: an earlier renewal may have been interrupted before this.
    return { name, revoked: await revokeAll(authority, earlier, "superseded") };
  });
}

/** Revokes a node's certificate. Returns the serial numbers newly revoked. */
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
  // Even with nothing to revoke: an earlier call may have been interrupted before it wrote the list.
  await authority.publishRevoked();
  await authority.publishNodes();
  return valid.map(({ serial }) => serial);
}

function issuedTo(issued: readonly Issued[], name: string): { earlier: readonly Issued[]; last: Issued } {
  const earlier = issued.filter((one) => isSameName(one.name, name));
  const last = earlier.at(-1);
  if (last !== undefined) return { earlier, last };
  throw new CtlError(`No certificate was ever issued to ${name}; \`mlctl pki list --dir DIR\` shows all names`);
}
