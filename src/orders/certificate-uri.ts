import type { X509Certificate } from "node:crypto";

/** The URI in a certificate, which names its holder (`fleetUri`). */
export function uriOf(certificate: X509Certificate | undefined): string | undefined {
  const uri = certificate?.subjectAltName?.split(", ").find((each) => each.startsWith("URI:"));
  return uri?.slice("URI:".length);
}
