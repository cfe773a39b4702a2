import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CtlError } from "./command.ts";

const execute = promisify(execFile);
const TIMEOUT_MS = 30_000;

export interface Signer {
  /** PEM files; absent for an authority, which signs itself. */
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly folder: string;
  /** PEM file of the key that the certificate is for. */
  readonly key: string;
  readonly commonName: string;
  /** Lines of an extension section of OpenSSL (x509v3_config(5)). The caller has checked every name in them. */
  readonly extensions: readonly string[];
  readonly days: number;
  readonly signer: Signer | undefined;
}

/** A new private key, PEM. P-256: small, fast, and known to GnuTLS, OpenSSL and Node alike. */
export function newKey(): Promise<string> {
  return openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
}

/** A new certificate, PEM. What openssl needs in between lies in a folder of its own inside `folder`. */
export async function newCertificate(request: CertificateRequest): Promise<string> {
  const { key, commonName, extensions, days, signer } = request;
  const scratch = await mkdtemp(join(request.folder, ".openssl-"));
  try {
    const config = join(scratch, "openssl.cnf");
    const lines = ["[req]", "distinguished_name = dn", "prompt = no", "[dn]", "O = marcologger", `CN = ${commonName}`];
    await writeFile(config, [...lines, "[ext]", ...extensions, ""].join("\n"));
    const common = ["-new", "-sha256", "-key", key, "-config", config];
    const validity = ["-days", String(days)];
    if (signer === undefined) return await openssl(["req", "-x509", ...common, "-extensions", "ext", ...validity]);
    const csr = join(scratch, "request.csr");
    await openssl(["req", ...common, "-out", csr]);
    const authority = ["-CA", signer.certificate, "-CAkey", signer.key, "-CAserial", join(scratch, "serial")];
    const ext = ["-CAcreateserial", "-extfile", config, "-extensions", "ext"];
    return await openssl(["x509", "-req", "-sha256", "-in", csr, ...authority, ...ext, ...validity]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function openssl(args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute("openssl", args, { timeout: TIMEOUT_MS });
    return stdout;
  } catch (error) {
    const reason = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new CtlError(`Cannot run openssl ${args[0] ?? ""}: ${reason === "" ? String(error) : reason}`);
  }
}
