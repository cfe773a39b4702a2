import { X509Certificate } from "node:crypto";

/** The first certificate of a PEM text. Throws an `Error` that names the file if there is none. */
export function certificateIn(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new Error(`Cannot use ${file}: it is no certificate`, { cause: error });
  }
}

/** All certificates of a PEM text, in its order. Throws like `certificateIn` if one cannot be read. */
export function certificatesIn(pem: string, file: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => certificateIn(block, file));
}

/**
 * Whether a certificate leads to one of the authorities.
 *
 * @param chain the certificate, then those between it and an authority, in the order of RFC 8446, section 4.4.2.
 */
export function isChained(chain: readonly X509Certificate[], authorities: readonly X509Certificate[]): boolean {
  const isIssuedBy = (one: X509Certificate, issuer: X509Certificate): boolean =>
    one.checkIssued(issuer) && one.verify(issuer.publicKey);
  return chain.every((one, i) => {
    const next = chain[i + 1];
    return next === undefined ? authorities.some((authority) => isIssuedBy(one, authority)) : isIssuedBy(one, next);
  });
}
