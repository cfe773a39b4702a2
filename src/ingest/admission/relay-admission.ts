import type { PeerCertificate, TLSSocket } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import { nodeNamed } from "../../wire/node-name.ts";

/** A relay that has proved its identity. */
export interface Peer {
  readonly node: string;
  readonly serial: string;
  readonly validToMs: number;
}

interface Refusal {
  /** Label of the counter, one of a fixed set. */
  readonly reason: string;
  /** Continues "its certificate ...". */
  readonly because: string;
  /** The administrator's next step. */
  readonly next: string;
  /** The name in its certificate, which may be forged: for the log only. */
  readonly node: string | undefined;
  readonly serial: string | undefined;
}

export const RENEW_NODE =
  "`mlctl pki renew NODE --dir DIR`, then copy NODE.crt and NODE.key to the node: its relay connects by itself";
const ISSUE = "`mlctl pki issue NODE --dir DIR`, then copy ca.crt, NODE.crt and NODE.key to the node";
const LIST = "see `openssl crl -text -in ca.crl`; `mlctl pki revoke NODE --dir DIR` writes the list anew";

type Fault = Omit<Refusal, "node" | "serial">;
const REVOKED: Fault = { reason: "revoked", because: "is revoked", next: RENEW_NODE };
const NAMELESS: Fault = { reason: "certificate-name", because: "has no usable host name", next: ISSUE };
const FOREIGN: Fault = {
  reason: "authority",
  because: "was not issued by this collector's authority (ca.crt)",
  next: ISSUE,
};

/** GnuTLS sends no certificate if it has none from an authority that the collector names. */
const UNSHOWN: Fault = {
  reason: "no-certificate",
  because: "was not shown: it has none, or one of another authority than ca.crt",
  next: ISSUE,
};

/** Faults by OpenSSL's names for its findings (X509_STORE_CTX_get_error(3)). */
const FAULTS: Readonly<Record<string, Fault>> = {
  CERT_REVOKED: REVOKED,
  CERT_HAS_EXPIRED: { reason: "expired", because: "has expired", next: RENEW_NODE },
  CERT_NOT_YET_VALID: { reason: "not-yet-valid", because: "is not valid yet", next: "compare the clocks of both" },
  INVALID_PURPOSE: { reason: "purpose", because: "is not for a node", next: ISSUE },
  UNABLE_TO_GET_ISSUER_CERT: UNSHOWN,
  UNABLE_TO_GET_CRL: { reason: "crl", because: "cannot be checked: ca.crl is of another authority", next: LIST },
  CRL_SIGNATURE_FAILURE: { reason: "crl", because: "cannot be checked: ca.crl is of another authority", next: LIST },
  CRL_HAS_EXPIRED: { reason: "crl", because: "cannot be checked: ca.crl has expired", next: LIST },
  CRL_NOT_YET_VALID: { reason: "crl", because: "cannot be checked: ca.crl is not valid yet", next: LIST },
};

/**
 * Decides whether to admit a relay after the TLS handshake. OpenSSL has checked its certificate; nothing may be read
 * from the connection before it is admitted.
 *
 * @param revoked checked again: the handshake may have started with an older list.
 */
export function admit(socket: TLSSocket, revoked: ReadonlySet<string> | undefined): Peer | Refusal {
  const certificate = socket.getPeerCertificate();
  const node = nodeOf(certificate);
  const serial: string | undefined = certificate.serialNumber;
  const fault =
    faultOf(socket, certificate) ?? (serial !== undefined && revoked?.has(serial) === true ? REVOKED : undefined);
  if (fault !== undefined) return { ...fault, node, serial };
  if (node === undefined || serial === undefined) return { ...NAMELESS, node, serial };
  return { node, serial, validToMs: Date.parse(certificate.valid_to) };
}

function faultOf(socket: TLSSocket, certificate: PeerCertificate): Fault | undefined {
  if (socket.authorized) return undefined;
  const code = String(socket.authorizationError);
  // OpenSSL reports its last finding: for a self-signed certificate, a missing list of its authority.
  if (code === "UNABLE_TO_GET_CRL" && isDeepStrictEqual(certificate.issuer, certificate.subject)) return FOREIGN;
  return FAULTS[code] ?? FOREIGN;
}

/** First DNS name of a certificate, else its CN, in lower case; undefined if it is not a valid node name. */
function nodeOf(certificate: PeerCertificate): string | undefined {
  const dns = (certificate.subjectaltname ?? "").split(", ").find((name) => name.startsWith("DNS:"));
  const name = dns === undefined ? certificate.subject?.CN : dns.slice("DNS:".length);
  return typeof name === "string" ? nodeNamed(name) : undefined;
}
