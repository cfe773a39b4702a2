import { createPrivateKey, type KeyObject, sign, verify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { MAX_PROOF_CHARACTERS } from "../wire/fleet/session.ts";
import { uriOf } from "./certificate-uri.ts";

export interface ProofTrust {
  /** The authority's certificate. */
  readonly authority: X509Certificate;
  /** Unix time. */
  readonly nowMs: number;
}

const CONTROL = /^urn:marcologger:control:[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const PROOF = /^([A-Za-z0-9+/]+={0,2}) ([A-Za-z0-9+/]+={0,2})$/;

/**
 * Signs with a certificate's key. The proof contains the certificate. Reads both files each time, because they may have been renewed.
 *
 * @param file The path without its ending: FILE.crt, FILE.key.
 */
export function proveWith(file: string, bytes: Uint8Array): string {
  const certificate = new X509Certificate(readFileSync(`${file}.crt`));
  const key = createPrivateKey(readFileSync(`${file}.key`));
  return `${certificate.raw.toString("base64")} ${sign(hashFor(key), bytes, key).toString("base64")}`;
}

/** The URI of the certificate that signed; undefined unless this authority issued it, it is valid now and the signature fits. */
export function provenUri(bytes: Uint8Array, proof: string, { authority, nowMs }: ProofTrust): string | undefined {
  const [, certificate = "", signature = ""] = (proof.length <= MAX_PROOF_CHARACTERS ? PROOF.exec(proof) : null) ?? [];
  if (certificate === "") return undefined;
  try {
    const encoded = Buffer.from(certificate, "base64");
    const signer = new X509Certificate(encoded);
    const { publicKey, validFrom, validTo } = signer;
    // The parser ignores what follows a certificate.
    if (!signer.raw.equals(encoded)) return undefined;
    if (!signer.checkIssued(authority) || !signer.verify(authority.publicKey)) return undefined;
    if (nowMs < Date.parse(validFrom) || nowMs > Date.parse(validTo)) return undefined;
    return verify(hashFor(publicKey), bytes, publicKey, Buffer.from(signature, "base64")) ? uriOf(signer) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the collector's certificate at the broker signed. */
export function isByCollector(...of: Parameters<typeof provenUri>): boolean {
  return CONTROL.test(provenUri(...of) ?? "");
}

/** Null for Ed25519 and Ed448, which include their hash. */
function hashFor({ asymmetricKeyType }: KeyObject): "sha256" | null {
  return asymmetricKeyType?.startsWith("ed") === true ? null : "sha256";
}
