import { createHash } from "node:crypto";

/** SHA-256 of an execution's key in base64url: the key itself is never kept. It is random, so it needs no salt. */
export function hashKey(key: string | Uint8Array): string {
  return createHash("sha256").update(key).digest("base64url");
}
