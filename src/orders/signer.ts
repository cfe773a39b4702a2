import { createHash } from "node:crypto";
import type { SignedOrder } from "../wire/fleet/signed-order.ts";
import { openSshsig } from "./sshsig.ts";

/** Fingerprint of the key that signed an order, as `ssh-keygen -l` prints it. Undefined if the signature is invalid. */
export function signerOf({ order, sig }: SignedOrder): string | undefined {
  const signature = openSshsig(sig);
  if (signature?.verify(Buffer.from(order)) !== true) return undefined;
  return `SHA256:${createHash("sha256").update(signature.publicKey).digest("base64").replace(/=+$/, "")}`;
}
