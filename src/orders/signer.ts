import { createHash } from "node:crypto";
import type { SignedOrder } from "../wire/fleet/signed-order.ts";
import { openSshsig } from "./sshsig.ts";

/** The fingerprint of the key that has signed an order, as `ssh-keygen -l` prints it. Undefined: its signature is wrong. */
export function signerOf({ order, sig }: SignedOrder): string | undefined {
  const signature = openSshsig(sig);
  if (signature?.verify(Buffer.from(order)) !== true) return undefined;
  return `SHA256:${createHash("sha256").update(signature.publicKey).digest("base64").replace(/=+$/, "")}`;
}
