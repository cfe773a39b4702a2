import { X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { CtlError } from "../command.ts";

/** Errors of a chain whose authority is not known (OpenSSL, X509_verify_cert_error_string). */
const UNKNOWN_AUTHORITY: readonly string[] = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];
const CONNECT_WITHIN_MS = 10_000;

export interface Authority {
  readonly pem: string;
  readonly subject: string;
  /** SHA-256, as openssl prints it: AA:BB:... */
  readonly fingerprint: string;
}

/** The top of the chain that a server shows, if the system does not know its authority. Sends nothing. */
export function unknownAuthority(url: URL): Promise<Authority | undefined> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new CtlError(`Cannot reach ${url.origin}: ${error.message}`));
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: Number(url.port || 443), servername: host, rejectUnauthorized: false });
    socket.setTimeout(CONNECT_WITHIN_MS, () => socket.destroy(new Error("it does not answer")));
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      const { authorizationError } = socket;
      const code =
        authorizationError instanceof Error && "code" in authorizationError
          ? authorizationError.code
          : authorizationError;
      const top = topOf(socket.getPeerCertificate(true));
      socket.end();
      resolve(UNKNOWN_AUTHORITY.includes(String(code)) ? authorityOf(top.raw) : undefined);
    });
  });
}

export function authorityOf(certificate: Buffer | string): Authority {
  const { subject, fingerprint256 } = new X509Certificate(certificate);
  return {
    pem: new X509Certificate(certificate).toString(),
    subject: subject.replaceAll("\n", ", "),
    fingerprint: fingerprint256,
  };
}

/** A certificate at the top of a chain is its own issuer. */
function topOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate {
  let top = leaf;
  while (top.issuerCertificate !== undefined && top.issuerCertificate.fingerprint256 !== top.fingerprint256)
    top = top.issuerCertificate;
  return top;
}
