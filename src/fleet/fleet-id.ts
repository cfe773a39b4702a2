import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What orders name as their fleet: SHA-256 of the authority's certificate. */
export function fleetIdOf(pki: string): string {
  return createHash("sha256")
    .update(readFileSync(join(pki, "ca.crt")))
    .digest("hex");
}
