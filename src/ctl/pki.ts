import { randomBytes } from "node:crypto";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { CtlError } from "./command.ts";
import { newCertificate, newKey, type Signer } from "./openssl.ts";

const DAYS = { authority: 3_650, leaf: 730 } as const;
/** X.520 bounds a common name; names are looked for in subjectAltName first. */
const MAX_COMMON_NAME_CHARACTERS = 64;

/**
 * Makes an authority of one's own and the collector's certificate in `folder`: ca.crt, ca.key, collector.crt,
 * collector.key.
 *
 * @param names host names and IP addresses by which relays reach the collector, already checked.
 */
export async function initPki(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await refuseToOverwrite(folder, ["ca.key", "ca.crt", "collector.key", "collector.crt"]);
  await makePair(folder, "ca", {
    // Unlike any other authority of this program, so that certificates of two are told apart in messages.
    commonName: `marcologger authority ${randomBytes(4).toString("hex")}`,
    extensions: [
      "basicConstraints = critical, CA:TRUE, pathlen:0",
      "keyUsage = critical, keyCertSign, cRLSign",
      "subjectKeyIdentifier = hash",
    ],
    days: DAYS.authority,
    signer: undefined,
  });
  await makeLeaf({ folder, file: "collector", names, usage: "serverAuth" });
}

/** Makes the certificate of a node in a folder of `initPki`: NODE.crt, NODE.key. `node` is a checked host name. */
export async function issueCertificate(folder: string, node: string): Promise<void> {
  await stat(join(folder, "ca.key")).catch(() => {
    throw new CtlError(`Cannot issue a certificate: ${folder} has no ca.key; \`mlctl pki init --dir DIR\` makes it`);
  });
  await refuseToOverwrite(folder, [`${node}.key`, `${node}.crt`]);
  await makeLeaf({ folder, file: node, names: [node], usage: "clientAuth" });
}

interface Leaf {
  readonly folder: string;
  readonly file: string;
  readonly names: readonly string[];
  readonly usage: "serverAuth" | "clientAuth";
}

function makeLeaf({ folder, file, names, usage }: Leaf): Promise<void> {
  const [first = ""] = names;
  return makePair(folder, file, {
    commonName: first.length <= MAX_COMMON_NAME_CHARACTERS ? first : "marcologger",
    extensions: [
      "basicConstraints = critical, CA:FALSE",
      "keyUsage = critical, digitalSignature",
      `extendedKeyUsage = ${usage}`,
      "subjectKeyIdentifier = hash",
      "authorityKeyIdentifier = keyid",
      `subjectAltName = ${names.flatMap(alternativeNames).join(", ")}`,
    ],
    days: DAYS.leaf,
    signer: { certificate: join(folder, "ca.crt"), key: join(folder, "ca.key") },
  });
}

/** librelp compares with DNS names and the common name only, so an address stands there too in its DNS spelling. */
function alternativeNames(name: string): string[] {
  return isIP(name) === 0 ? [`DNS:${name}`] : [`IP:${name}`, `DNS:${name}`];
}

interface Pair {
  readonly commonName: string;
  readonly extensions: readonly string[];
  readonly days: number;
  readonly signer: Signer | undefined;
}

async function makePair(folder: string, file: string, pair: Pair): Promise<void> {
  const key = join(folder, `${file}.key`);
  await createFile(key, await newKey(), 0o600);
  try {
    await createFile(join(folder, `${file}.crt`), await newCertificate({ folder, key, ...pair }), 0o644);
  } catch (error) {
    await rm(key, { force: true });
    throw error;
  }
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

/** Fails when the file exists, whoever made it since `refuseToOverwrite` looked. */
async function createFile(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
