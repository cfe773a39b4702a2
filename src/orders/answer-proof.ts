import { createHash, createPrivateKey, type KeyObject, sign, verify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FLEET_CERTIFICATES } from "../wire/fleet-names.ts";
import { uriOf } from "./certificate-uri.ts";

/** A node's question and the collector's answer. */
interface AnswerToNode {
  readonly node: string;
  /** The event's text, as the node sent it. */
  readonly event: string;
  readonly answer: string;
}

/** Separates these signatures from all others by the same key. */
const PURPOSE = "marcologger answer";
const CONTROL = /^urn:marcologger:control:[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
/** Certificate and signature in base64: some 1,300 with a key of P-256, 3,500 with one of RSA. */
const MAX_PROOF_CHARACTERS = 8_192;
const PROOF = /^([A-Za-z0-9+/]+={0,2}) ([A-Za-z0-9+/]+={0,2})$/;

/**
 * Signs node, event and answer with the key of the collector's certificate at the broker. The proof contains the
 * certificate. Reads both files each time, because they may have been renewed.
 *
 * @param pki The collector's folder.
 */
export function proofOf(of: AnswerToNode, pki: string): string {
  const file = join(pki, FLEET_CERTIFICATES.control);
  const certificate = new X509Certificate(readFileSync(`${file}.crt`));
  const key = createPrivateKey(readFileSync(`${file}.key`));
  const signature = sign(hashFor(key), signedBytes(of), key);
  return `${certificate.raw.toString("base64")} ${signature.toString("base64")}`;
}

/** Whether a proof is valid: signed with a collector's certificate, issued by this authority and valid now. */
export function isProven(
  of: AnswerToNode,
  proof: string,
  { authority, nowMs }: { readonly authority: X509Certificate; readonly nowMs: number },
): boolean {
  const [, certificate = "", signature = ""] = (proof.length <= MAX_PROOF_CHARACTERS ? PROOF.exec(proof) : null) ?? [];
  if (certificate === "") return false;
  try {
    const signer = new X509Certificate(Buffer.from(certificate, "base64"));
    const { publicKey, validFrom, validTo } = signer;
    if (!signer.checkIssued(authority) || !signer.verify(authority.publicKey)) return false;
    if (!CONTROL.test(uriOf(signer) ?? "")) return false;
    if (nowMs < Date.parse(validFrom) || nowMs > Date.parse(validTo)) return false;
    return verify(hashFor(publicKey), signedBytes(of), publicKey, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

/** Null for Ed25519 and Ed448, which include their hash. */
function hashFor({ asymmetricKeyType }: KeyObject): "sha256" | null {
  return asymmetricKeyType?.startsWith("ed") === true ? null : "sha256";
}

function signedBytes({ node, event, answer }: AnswerToNode): Buffer {
  const digest = createHash("sha256").update(event).digest("hex");
  return Buffer.from([PURPOSE, node, digest, answer].join("\0"));
}
