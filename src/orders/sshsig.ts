import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import { ed25519Blob, parsePublicKey, type SshPublicKey } from "./public-key.ts";
import { SshReader, sshString, unsigned } from "./ssh-wire.ts";

const MAGIC = "SSHSIG";
const VERSION = 1;
/** RSA signatures only with SHA-2 (RFC 8332): ssh-rsa means SHA-1 here. */
const RSA_HASHES: Readonly<Record<string, string>> = { "rsa-sha2-512": "sha512", "rsa-sha2-256": "sha256" };
const ARMOUR = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\n?$/;
const LINE = /.{1,70}/g;

interface OpenedSignature {
  /** The signer's key, as in its `.pub` file, trusted or not. */
  readonly publicKey: Buffer;
  /** The purpose that the signature claims; it is part of the signed data. */
  readonly namespace: string;
  /** Whether the key signed this message for that purpose. Computed on demand: it is the only costly step. */
  verify(message: Buffer): boolean;
}

/**
 * Opens an armoured SSHSIG (openssh, PROTOCOL.sshsig). Undefined unless a plain key made it. Everything costly waits
 * for `verify`, so that a caller first checks whether it trusts the key.
 */
export function openSshsig(armoured: string): OpenedSignature | undefined {
  const body = armoured.length > FLEET_LIMITS.maxSignatureBytes ? undefined : ARMOUR.exec(armoured)?.[1];
  if (body === undefined) return undefined;
  try {
    const reader = new SshReader(Buffer.from(body, "base64"));
    if (reader.take(MAGIC.length).toString("latin1") !== MAGIC || reader.uint32() !== VERSION) return undefined;
    const publicKey = reader.string();
    const [namespace, reserved, hash, signature] = [reader.text(), reader.string(), reader.text(), reader.string()];
    reader.end();
    if (hash !== "sha512" && hash !== "sha256") return undefined;
    return {
      publicKey,
      namespace,
      verify(message) {
        const key = parsePublicKey(publicKey);
        return key !== undefined && isSignedBy(key, toBeSigned({ message, namespace, reserved, hash }), signature);
      },
    };
  } catch {
    return undefined;
  }
}

/** Signs with an Ed25519 key of our own; users' keys stay with ssh-keygen and their agents. */
export function signSshsig(message: Buffer, { namespace, key }: { namespace: string; key: KeyObject }): string {
  const signed = toBeSigned({ message, namespace, reserved: Buffer.alloc(0), hash: "sha512" });
  const signature = Buffer.concat([sshString("ssh-ed25519"), sshString(sign(null, signed, key))]);
  const version = Buffer.from([0, 0, 0, VERSION]);
  const publicKey = sshString(ed25519Blob(createPublicKey(key)));
  const strings = [namespace, "", "sha512", signature].map(sshString);
  const body = Buffer.concat([Buffer.from(MAGIC), version, publicKey, ...strings]).toString("base64");
  return `-----BEGIN SSH SIGNATURE-----\n${body.replace(LINE, "$&\n")}-----END SSH SIGNATURE-----\n`;
}

function toBeSigned(what: { message: Buffer; namespace: string; reserved: Buffer; hash: string }): Buffer {
  const digest = createHash(what.hash).update(what.message).digest();
  const strings = [Buffer.from(what.namespace, "latin1"), what.reserved, Buffer.from(what.hash), digest].map(sshString);
  return Buffer.concat([Buffer.from(MAGIC), ...strings]);
}

function isSignedBy({ type, key, curve }: SshPublicKey, signed: Buffer, signature: Buffer): boolean {
  try {
    const reader = new SshReader(signature);
    const [algorithm, blob] = [reader.text(), reader.string()];
    reader.end();
    if (type === "ssh-rsa") {
      const hash = RSA_HASHES[algorithm];
      return hash !== undefined && verify(hash, signed, key, blob);
    }
    if (algorithm !== type) return false;
    if (curve === undefined) return verify(null, signed, key, blob);
    const numbers = new SshReader(blob);
    const both = [numbers.string(), numbers.string()].map((number) => unsigned(number, curve.bytes));
    numbers.end();
    return verify(curve.hash, signed, { key, dsaEncoding: "ieee-p1363" }, Buffer.concat(both));
  } catch {
    return false;
  }
}
