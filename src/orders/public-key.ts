import { createPublicKey, type KeyObject } from "node:crypto";
import { SshReader, sshString, unsigned } from "./ssh-wire.ts";

/** An ECDSA curve: OpenSSL's name, octets of a coordinate, and the hash that RFC 5656, section 6.2.1, gives to it. */
interface Curve {
  readonly jwk: "P-256" | "P-384" | "P-521";
  readonly bytes: number;
  readonly hash: "sha256" | "sha384" | "sha512";
}

const CURVES: Readonly<Record<string, Curve>> = {
  nistp256: { jwk: "P-256", bytes: 32, hash: "sha256" },
  nistp384: { jwk: "P-384", bytes: 48, hash: "sha384" },
  nistp521: { jwk: "P-521", bytes: 66, hash: "sha512" },
};
const ECDSA = /^ecdsa-sha2-(nistp(?:256|384|521))$/;
/** 2,048 bits: shorter keys can be factored. */
const LEAST_RSA_BYTES = 256;
/** 16,384 bits: longer keys only cost time. */
const MOST_RSA_BYTES = 2_048;
const UNCOMPRESSED_POINT = 4;

export interface SshPublicKey {
  /** "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256" ... */
  readonly type: string;
  readonly key: KeyObject;
  readonly curve?: Curve;
}

/**
 * Parses a public key in the form that base64 encodes in a `.pub` file (RFC 4253, section 6.6; RFC 5656; RFC 8709).
 * Accepts only plain keys, not certificates, DSA or keys of security tokens. Undefined for anything else.
 */
export function parsePublicKey(blob: Buffer): SshPublicKey | undefined {
  try {
    const reader = new SshReader(blob);
    const key = readKey(reader.text(), reader);
    reader.end();
    return key;
  } catch {
    return undefined;
  }
}

function readKey(type: string, reader: SshReader): SshPublicKey {
  const name = ECDSA.exec(type)?.[1];
  if (name !== undefined) return readEcdsa(type, name, reader);
  if (type === "ssh-ed25519") {
    const jwk = { kty: "OKP", crv: "Ed25519", x: reader.string().toString("base64url") };
    return { type, key: createPublicKey({ key: jwk, format: "jwk" }) };
  }
  if (type !== "ssh-rsa") throw new RangeError("Cannot use this type of key");
  const [e, n] = [unsigned(reader.string()), unsigned(reader.string())];
  if (n.length < LEAST_RSA_BYTES || n.length > MOST_RSA_BYTES)
    throw new RangeError("Cannot use an RSA key of this length");
  const jwk = { kty: "RSA", e: e.toString("base64url"), n: n.toString("base64url") };
  return { type, key: createPublicKey({ key: jwk, format: "jwk" }) };
}

function readEcdsa(type: string, name: string, reader: SshReader): SshPublicKey {
  const curve = CURVES[name];
  const said = reader.text();
  const point = reader.string();
  if (curve === undefined || said !== name || point[0] !== UNCOMPRESSED_POINT || point.length !== 1 + 2 * curve.bytes)
    throw new RangeError("Cannot use this point of a curve");
  const x = point.subarray(1, 1 + curve.bytes).toString("base64url");
  const y = point.subarray(1 + curve.bytes).toString("base64url");
  return { type, key: createPublicKey({ key: { kty: "EC", crv: curve.jwk, x, y }, format: "jwk" }), curve };
}

/** The blob of a new Ed25519 key, as `parsePublicKey` reads it. */
export function ed25519Blob(key: KeyObject): Buffer {
  const { x } = key.export({ format: "jwk" });
  if (key.asymmetricKeyType !== "ed25519" || x === undefined)
    throw new TypeError("Cannot write a key that is not Ed25519");
  return Buffer.concat([sshString("ssh-ed25519"), sshString(Buffer.from(x, "base64url"))]);
}
