import { createHash } from "node:crypto";

/** In hexadecimal: the digest that nodes and outbox know an order by. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
