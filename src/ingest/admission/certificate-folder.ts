import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { certificateIn, certificatesIn, isChained } from "../../host/certificate-chain.ts";
import { isMissing } from "../../host/is-missing.ts";
import { revokedSerials } from "./revoked-serials.ts";

/** Files that the collector reads from a pki folder. Without ca.crl no certificate is revoked. */
export const CERTIFICATE_FILES = ["ca.crt", "ca.crl", "collector.crt", "collector.key"] as const;

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** The collector's own certificate and key, and the authority that signs relays. */
export interface RelayTls {
  /** PEM texts. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly crl: string | undefined;
  /** Serial numbers on `crl`. Undefined: openssl could not read it. */
  readonly revoked: ReadonlySet<string> | undefined;
  readonly own: X509Certificate;
  readonly authority: X509Certificate;
}

/**
 * Reads the certificates for the relays' listener.
 *
 * Fails if relays would refuse them: once omrelp has seen a wrong certificate it never connects again until its
 * rsyslogd restarts, so no relay may see one.
 */
export async function loadCertificates(folder: string): Promise<RelayTls> {
  const read = (name: (typeof CERTIFICATE_FILES)[number]): Promise<string> => readFile(join(folder, name), "utf8");
  const [ca, cert, key] = [await read("ca.crt"), await read("collector.crt"), await read("collector.key")];
  const crl = await read("ca.crl").catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const [own, authority] = [certificateIn(cert, "collector.crt"), certificateIn(ca, "ca.crt")];
  if (!own.checkPrivateKey(parsedKey(key))) {
    throw new Error("Cannot use collector.crt: collector.key is the key of another certificate");
  }
  if (!isForServers(own)) throw new Error("Cannot use collector.crt: it is a node's");
  if (!isChained(certificatesIn(cert, "collector.crt"), certificatesIn(ca, "ca.crt"))) {
    throw new Error("Cannot use collector.crt: the authority of ca.crt has not signed it, so no relay would trust it");
  }
  if (crl !== undefined) checkList(crl);
  const revoked = crl === undefined ? new Set<string>() : await revokedSerials(crl).catch(() => undefined);
  return { ca, cert, key, crl, revoked, own, authority };
}

function parsedKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const next = "`mlctl pki renew collector --dir DIR` makes a new one";
    throw new Error(`Cannot use collector.key: it is not a private key, or has a passphrase; ${next}`, {
      cause: error,
    });
  }
}

/** Throws if the text is no list or is truncated: node:tls would ignore it, and every revoked node could connect. */
function checkList(crl: string): void {
  try {
    createSecureContext({ crl });
  } catch (error) {
    const next = "copy it again from where the authority is";
    throw new Error(`Cannot use ca.crl: it is not a list of revoked certificates, or is truncated; ${next}`, {
      cause: error,
    });
  }
}

/** Judges by the certificate's extended key usage, if it has any (RFC 5280, section 4.2.1.12). */
function isForServers({ keyUsage }: { readonly keyUsage: readonly string[] | undefined }): boolean {
  return keyUsage === undefined || keyUsage.includes(SERVER_AUTH);
}
