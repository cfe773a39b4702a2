import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The authority that issues a fleet's certificates. */
interface Authority {
  /** SHA-256 of ca.crt: orders name the fleet by it. */
  readonly fleet: string;
  readonly certificate: X509Certificate;
}

/** Reads ca.crt in a pki folder. Throws an Error that names the fault. */
export function readAuthority(pki: string): Authority {
  const path = join(pki, "ca.crt");
  const bytes = readFileSync(path);
  try {
    return { fleet: createHash("sha256").update(bytes).digest("hex"), certificate: new X509Certificate(bytes) };
  } catch (cause) {
    throw new Error(`Cannot use ${path}: it is no certificate; copy the authority's ca.crt again`, { cause });
  }
}
