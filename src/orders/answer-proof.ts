import { createHash } from "node:crypto";
import { join } from "node:path";
import { FLEET_CERTIFICATES } from "../wire/fleet-names.ts";
import { isByCollector, type ProofTrust, proveWith } from "./certificate-proof.ts";

/** A node's question and the collector's answer. */
interface AnswerToNode {
  readonly node: string;
  /** The event's text, as the node sent it. */
  readonly event: string;
  readonly answer: string;
}

/** Separates these signatures from all others by the same key. */
const PURPOSE = "marcologger answer";

/**
 * Signs node, event and answer with the key of the collector's certificate at the broker.
 *
 * @param pki The collector's folder.
 */
export function proofOf(of: AnswerToNode, pki: string): string {
  return proveWith(join(pki, FLEET_CERTIFICATES.control), signedBytes(of));
}

/** Whether a proof is valid: signed with a collector's certificate, issued by this authority and valid now. */
export function isProven(of: AnswerToNode, proof: string, trust: ProofTrust): boolean {
  return isByCollector(signedBytes(of), proof, trust);
}

function signedBytes({ node, event, answer }: AnswerToNode): Buffer {
  const digest = createHash("sha256").update(event).digest("hex");
  return Buffer.from([PURPOSE, node, digest, answer].join("\0"));
}
