import { randomBytes } from "node:crypto";
import { chmod, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CtlError } from "../command.ts";
import { newKey } from "./openssl.ts";
import { Authority, type Lifetime, lifetimeOf } from "./pki-authority.ts";
import { createFile } from "./pki-files.ts";
import { makeLeaf } from "./pki-leaf.ts";
import { isSameName, refuseSharedName } from "./pki-names.ts";

const AUTHORITY_DAYS = 3_650;

/**
 * Creates an authority in `folder`: ca.crt, ca.key, an empty ca.crl, its books `issued/`, and the collector's
 * certificate: collector.crt, collector.key.
 *
 * @param names host names and IP addresses by which relays reach the collector, already checked.
 * @param lifetime of both certificates, by default ten years and two; for tests.
 */
export async function initPki(folder: string, names: readonly string[], lifetime?: Lifetime): Promise<void> {
  await makeFolder(folder);
  await refuseToOverwrite(folder, ["issued", "ca.key", "ca.crt", "ca.crl", "collector.key", "collector.crt"]);
  await Authority.found(folder);
  await Authority.open(folder, async (authority) => {
    const key = await newKey();
    await createFile(join(folder, "ca.key"), key, 0o600);
    const certificate = await authority.sign({
      key,
      // Unlike any other authority of this program, so that messages distinguish their certificates.
      commonName: `marcologger authority ${randomBytes(4).toString("hex")}`,
      extensions: [
        "basicConstraints = critical, CA:TRUE, pathlen:0",
        "keyUsage = critical, keyCertSign, cRLSign",
        "subjectKeyIdentifier = hash",
      ],
      lifetime: lifetime ?? lifetimeOf(AUTHORITY_DAYS),
      isAuthority: true,
    });
    await createFile(join(folder, "ca.crt"), certificate, 0o644);
    await authority.publishRevoked();
    await authority.publishNodes();
    await makeLeaf(authority, { name: "collector", names, lifetime, write: createFile });
  });
}

/**
 * Makes a node's certificate in a folder of `initPki`: NODE.crt, NODE.key.
 *
 * @param node a name that `parseNodeName` accepted.
 * @param lifetime two years by default; for tests.
 */
export async function issueCertificate(folder: string, node: string, lifetime?: Lifetime): Promise<void> {
  await Authority.open(folder, async (authority) => {
    await refuseToOverwrite(folder, [`${node}.key`, `${node}.crt`]);
    const issued = await authority.issued();
    const known = issued.find(
      ({ name, isRevoked, validToMs }) => isSameName(name, node) && !isRevoked && validToMs > Date.now(),
    );
    // Two machines with certificates for one name would be one node.
    if (known !== undefined) {
      const remedy = `\`mlctl pki renew ${known.name} --dir DIR\` replaces it`;
      throw new CtlError(
        `Cannot issue a certificate to ${node}: ${known.name} has one, serial ${known.serial}; ${remedy}`,
      );
    }
    refuseSharedName(issued, node, [node]);
    await makeLeaf(authority, { name: node, names: [node], lifetime, write: createFile });
    await authority.publishNodes();
  });
}

/**
 * Creates the folder for its owner alone, and missing folders above it (/etc/marcologger) passable for everybody, since
 * others' files are there as well. Existing folders keep their mode.
 */
async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder);
  const topmost = await mkdir(parent, { recursive: true });
  // The umask has removed bits: root's is 077 on some machines.
  for (let made = parent; topmost !== undefined && made.length >= topmost.length; made = dirname(made)) {
    await chmod(made, 0o755);
  }
  await mkdir(folder, { mode: 0o700 }).catch((error) => {
    if (!isPresent(error)) throw error;
  });
}

function isPresent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

async function refuseToOverwrite(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const exists = await stat(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (exists) throw new CtlError(`Cannot write ${join(folder, name)}: it exists; move it away or name another --dir`);
  }
}
