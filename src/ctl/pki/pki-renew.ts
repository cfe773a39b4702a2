import { CtlError } from "../command.ts";
import { Authority, type Issued, type Lifetime } from "./pki-authority.ts";
import { replaceFile } from "./pki-files.ts";
import { makeLeaf, namesOf } from "./pki-leaf.ts";

export interface Renewal {
  /** For the collector: other names than it had. */
  readonly names?: readonly string[] | undefined;
  /** Where it is not two years: for tests. */
  readonly lifetime?: Lifetime;
}

/**
 * Makes a new key and certificate for a node or the collector in the place of the old ones, which are revoked. Answers
 * the serial numbers of these.
 */
export function renewCertificate(folder: string, name: string, renewal: Renewal = {}): Promise<readonly string[]> {
  return Authority.open(folder, async (authority) => {
    const earlier = await issuedTo(authority, name);
    const [last] = earlier.slice(-1);
    const names = renewal.names ?? (last === undefined ? [] : namesOf(last.certificate));
    await makeLeaf(authority, { name, names, lifetime: renewal.lifetime, write: replaceFile });
    // All of them: an earlier renewal may have ended before it came this far.
    return revokeAll(authority, earlier, "superseded");
  });
}

/** Revokes a node's certificate. Answers the serial numbers that were not revoked before. */
export function revokeNode(folder: string, node: string): Promise<readonly string[]> {
  return Authority.open(folder, async (authority) => {
    return revokeAll(authority, await issuedTo(authority, node));
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

async function issuedTo(authority: Authority, name: string): Promise<readonly Issued[]> {
  const found = (await authority.issued()).filter((one) => one.name === name);
  if (found.length > 0) return found;
  throw new CtlError(`No certificate was ever issued to ${name}; \`mlctl pki list --dir DIR\` shows all that were`);
}
