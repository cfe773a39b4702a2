import { randomBytes, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import { FLEET_CERTIFICATES, fleetUri } from "../../wire/fleet-names.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import { newKey } from "./openssl.ts";
import { type Authority, type Lifetime, lifetimeOf } from "./pki-authority.ts";

const DAYS = 730;
/** X.520 bounds a common name; clients check subjectAltName first. */
const MAX_COMMON_NAME_CHARACTERS = 64;
/** Its space makes it no name of a node: relays admit nobody by it. */
const NOBODYS_NAME = "marcologger fleet";

interface Leaf {
  /** `collector`, one of the fleet's, or a node's name, and thus the name of its files. */
  readonly name: string;
  /** Host names and addresses, already checked. */
  readonly names: readonly string[];
  readonly lifetime: Lifetime | undefined;
  readonly write: (path: string, text: string, mode: number) => Promise<void>;
}

/**
 * Makes a key and a certificate for the collector, the fleet or a node: NAME.key, NAME.crt. That of a node also carries
 * a URI, by which the fleet's broker knows it: another one each time, so that a revoked certificate is not its successor.
 */
export async function makeLeaf(authority: Authority, { name, names, lifetime, write }: Leaf): Promise<void> {
  const [first = NOBODYS_NAME] = names;
  const key = await newKey();
  const isServer = name === "collector" || name === FLEET_CERTIFICATES.broker;
  const certificate = await authority.sign({
    key,
    commonName: first.length <= MAX_COMMON_NAME_CHARACTERS ? first : "marcologger",
    extensions: [
      "basicConstraints = critical, CA:FALSE",
      "keyUsage = critical, digitalSignature",
      `extendedKeyUsage = ${isServer ? "serverAuth" : "clientAuth"}`,
      "subjectKeyIdentifier = hash",
      "authorityKeyIdentifier = keyid",
      `subjectAltName = ${[...names.flatMap(alternativeNames), ...uriOf(name)].join(", ")}`,
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

function uriOf(name: string): readonly string[] {
  if (name === "collector") return [];
  return [`URI:${fleetUri(name, makeExecutionId(Date.now(), randomBytes(ULID_RANDOM_BYTES)))}`];
}

/** librelp compares only with DNS names and the common name, so an address is also listed as a DNS name. */
function alternativeNames(name: string): string[] {
  return isIP(name) === 0 ? [`DNS:${name}`] : [`IP:${name}`, `DNS:${name}`];
}
