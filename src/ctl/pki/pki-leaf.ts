import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { newKey } from "./openssl.ts";
import { type Authority, type Lifetime, lifetimeOf } from "./pki-authority.ts";

const DAYS = 730;
/** X.520 bounds a common name; clients check subjectAltName first. */
const MAX_COMMON_NAME_CHARACTERS = 64;

export interface Leaf {
  /** `collector` or a node's name, and thus the name of its files. */
  readonly name: string;
  /** Host names and addresses, already checked. */
  readonly names: readonly string[];
  readonly lifetime: Lifetime | undefined;
  readonly write: (path: string, text: string, mode: number) => Promise<void>;
}

/** Makes a key and a certificate for the collector or a node: NAME.key, NAME.crt. */
export async function makeLeaf(authority: Authority, { name, names, lifetime, write }: Leaf): Promise<void> {
  const [first = ""] = names;
  const key = await newKey();
  const certificate = await authority.sign({
    key,
    commonName: first.length <= MAX_COMMON_NAME_CHARACTERS ? first : "marcologger",
    extensions: [
      "basicConstraints = critical, CA:FALSE",
      "keyUsage = critical, digitalSignature",
      `extendedKeyUsage = ${name === "collector" ? "serverAuth" : "clientAuth"}`,
      "subjectKeyIdentifier = hash",
      "authorityKeyIdentifier = keyid",
      `subjectAltName = ${names.flatMap(alternativeNames).join(", ")}`,
    ],
    lifetime: lifetime ?? lifetimeOf(DAYS),
  });
  await write(join(authority.folder, `${name}.key`), key, 0o600);
  await write(join(authority.folder, `${name}.crt`), certificate, 0o644);
}

/** The `names` in a certificate. */
export function namesOf(certificate: X509Certificate): string[] {
  const all = (certificate.subjectAltName ?? "").split(", ");
  return all.filter((name) => name.startsWith("DNS:")).map((name) => name.slice("DNS:".length));
}

/** librelp compares only with DNS names and the common name, so an address is also listed as a DNS name. */
function alternativeNames(name: string): string[] {
  return isIP(name) === 0 ? [`DNS:${name}`] : [`IP:${name}`, `DNS:${name}`];
}
