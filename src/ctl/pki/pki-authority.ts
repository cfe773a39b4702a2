import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FLEET_CERTIFICATES, isFleetCertificate, listedNodesText, NODES_LIST } from "../../wire/fleet-names.ts";
import { CtlError } from "../command.ts";
import { withLock } from "../lock.ts";
import { replaceFile } from "../replace-file.ts";
import { openssl } from "./openssl.ts";

/** openssl runs in the pki folder, so that its configuration contains no folder's name. */
const CONFIG = `[ca]
default_ca = authority
[authority]
certificate = ca.crt
private_key = ca.key
database = issued/index.txt
new_certs_dir = issued
crlnumber = issued/crlnumber
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = from_command_line
[from_command_line]
`;
/** Backdated for peers whose clocks are slow. */
const BACKDATED_MS = 3_600_000;
const DAY_MS = 86_400_000;
const CA = ["ca", "-config", "issued/openssl.cnf", "-batch", "-notext"];
/**
 * Extended key usage "TLS server" (RFC 5280, section 4.2.1.12): of the certificates here, only the collector's has it.
 */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

export interface Lifetime {
  readonly fromMs: number;
  readonly toMs: number;
}

/** This many days from now. */
export function lifetimeOf(days: number): Lifetime {
  const nowMs = Date.now();
  return { fromMs: nowMs - BACKDATED_MS, toMs: nowMs + days * DAY_MS };
}

interface CertificateRequest {
  /** PEM text of the certificate's key. */
  readonly key: string;
  readonly commonName: string;
  /** Lines of an OpenSSL extension section (x509v3_config(5)). The caller has checked every name in them. */
  readonly extensions: readonly string[];
  readonly lifetime: Lifetime;
  /** The authority's own certificate: it signs itself. */
  readonly isAuthority?: boolean;
}

/** A certificate in the books. */
export interface Issued {
  /** `ca`, `collector`, the fleet's or the node's. */
  readonly name: string;
  /** Hexadecimal, as openssl and Node print it. */
  readonly serial: string;
  readonly validToMs: number;
  readonly isRevoked: boolean;
  readonly certificate: X509Certificate;
}

/**
 * The authority of a pki folder: `ca.key` and `ca.crt`, its list of revoked certificates `ca.crl`, and in `issued/` the
 * books of `openssl ca`: index.txt, crlnumber and a copy of each certificate.
 */
export class Authority {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Opens the books of an authority, with a lock even for reading: openssl briefly removes them when it changes them,
   * and locks nothing. So nobody else has them open until `act` is done.
   */
  static async open<T>(folder: string, act: (authority: Authority) => Promise<T>): Promise<T> {
    await stat(join(folder, "issued")).catch(() => {
      throw new CtlError(`Cannot find an authority in ${folder}: \`mlctl pki init --dir DIR\` makes one`);
    });
    return withLock(join(folder, "issued/lock"), () => act(new Authority(folder)));
  }

  /** Creates empty books. */
  static async found(folder: string): Promise<void> {
    const books = join(folder, "issued");
    await mkdir(books, { mode: 0o700 });
    const files = {
      "openssl.cnf": CONFIG,
      "index.txt": "",
      "index.txt.attr": "unique_subject = no\n",
      crlnumber: "01\n",
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(books, name), text);
  }

  /** Issues a certificate, PEM. */
  async sign(request: CertificateRequest): Promise<string> {
    const { commonName, lifetime, isAuthority = false } = request;
    const scratch = await mkdtemp(join(this.folder, ".openssl-"));
    try {
      const [key, csr, extensions] = [join(scratch, "key"), join(scratch, "csr"), join(scratch, "extensions")];
      await writeFile(key, request.key, { mode: 0o600 });
      await writeFile(extensions, ["[ext]", ...request.extensions, ""].join("\n"));
      const subject = ["-subj", `/O=marcologger/CN=${commonName}`, "-config", "issued/openssl.cnf"];
      await openssl(["req", "-new", "-sha256", "-key", key, ...subject, "-out", csr], this.folder);
      const validity = ["-startdate", asn1Time(lifetime.fromMs), "-enddate", asn1Time(lifetime.toMs)];
      const contents = ["-in", csr, "-extfile", extensions, "-extensions", "ext", ...validity];
      return await openssl([...CA, ...(isAuthority ? ["-selfsign"] : []), ...contents], this.folder);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** Every certificate ever issued, including revoked ones, oldest first. */
  async issued(): Promise<readonly Issued[]> {
    const index = await readFile(join(this.folder, "issued/index.txt"), "utf8");
    const all: Issued[] = [];
    for (const row of index.split("\n")) {
      const [status, , , serial] = row.split("\t");
      if (serial === undefined) continue;
      const certificate = new X509Certificate(await readFile(this.#copyOf(serial)));
      const validToMs = Date.parse(certificate.validTo);
      all.push({ name: nameOf(certificate), serial, validToMs, isRevoked: status === "R", certificate });
    }
    return all;
  }

  /** Call `publishRevoked` afterwards. @param reason one of RFC 5280, section 5.3.1, as openssl spells it. */
  async revoke({ serial }: Issued, reason?: "superseded"): Promise<void> {
    const because = reason === undefined ? [] : ["-crl_reason", reason];
    await openssl([...CA, "-revoke", this.#copyOf(serial), ...because], this.folder);
  }

  /**
   * Rewrites ca.crl. It is valid as long as the authority: with an expired list the collector would refuse every relay,
   * and nobody rewrites it when there is nothing to revoke.
   */
  async publishRevoked(): Promise<void> {
    const { validTo } = new X509Certificate(await readFile(join(this.folder, "ca.crt")));
    const validity = [
      "-crl_lastupdate",
      asn1Time(lifetimeOf(0).fromMs),
      "-crl_nextupdate",
      asn1Time(Date.parse(validTo)),
    ];
    const list = await openssl([...CA, "-gencrl", ...validity], this.folder);
    await replaceFile(join(this.folder, "ca.crl"), list, 0o644);
  }

  /** Rewrites nodes.list: the certificates of nodes that the fleet's broker admits. Older ones carry no URI. */
  async publishNodes(): Promise<void> {
    const nodes = (await this.issued()).flatMap(({ name, isRevoked, validToMs, certificate }) => {
      const uri = uriOf(certificate);
      const isNode = uri !== undefined && !isRevoked && !isFleetCertificate(name);
      return isNode ? [{ name: name.toLowerCase(), uri, validToMs }] : [];
    });
    await replaceFile(join(this.folder, NODES_LIST), listedNodesText(nodes), 0o644);
  }

  #copyOf(serial: string): string {
    return join(this.folder, "issued", `${serial}.pem`);
  }
}

function nameOf(certificate: X509Certificate): string {
  if (certificate.ca) return "ca";
  const role = /^urn:marcologger:(broker|control|system):/.exec(uriOf(certificate) ?? "")?.[1];
  const ofFleet = Object.entries(FLEET_CERTIFICATES).find(([name]) => name === role)?.[1];
  if (ofFleet !== undefined) return ofFleet;
  if (certificate.keyUsage.includes(SERVER_AUTH)) return "collector";
  const [first = ""] = (certificate.subjectAltName ?? "").split(", ");
  return first.replace(/^DNS:/, "");
}

/** The certificate's URI, if the fleet's broker is to know its holder. */
function uriOf({ subjectAltName = "" }: X509Certificate): string | undefined {
  const uri = subjectAltName.split(", ").find((name) => name.startsWith("URI:"));
  return uri?.slice("URI:".length);
}

/** YYYYMMDDHHMMSSZ */
function asn1Time(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+|[-:T]/g, "");
}
