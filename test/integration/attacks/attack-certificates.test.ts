import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../../support/processes.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { credentials, pkiLasting, TlsSite } from "../../support/tls-site.ts";

let pki: string;
let tls: TlsSite;
beforeAll(async () => {
  pki = await pkiLasting(undefined, "node1", "node2");
  tls = await TlsSite.start(pki);
});

async function openssl(cwd: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run("openssl", args, { cwd });
  if (code !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
}

interface Wanted {
  /** As openssl's -subj has it. */
  readonly subject: string;
  /** Lines of an extension section. */
  readonly extensions: readonly string[];
  /** Files of the issuer in the pki folder; its certificate is shown as well, if it is not the authority. */
  readonly issuer?: "ca" | "node1";
}

/** A certificate that `mlctl pki` would not make, signed all the same. */
async function forge({ subject, extensions, issuer = "ca" }: Wanted) {
  const folder = await tempFolder();
  await writeFile(join(folder, "extensions"), ["extendedKeyUsage = clientAuth", ...extensions, ""].join("\n"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "forged.key"];
  await openssl(folder, "req", "-new", "-utf8", ...key, "-subj", subject, "-out", "forged.csr");
  const by = ["-CA", join(pki, `${issuer}.crt`), "-CAkey", join(pki, `${issuer}.key`), "-CAcreateserial"];
  const serial = ["-CAserial", "serial"];
  await openssl(
    folder,
    "x509",
    "-req",
    "-in",
    "forged.csr",
    ...by,
    ...serial,
    "-extfile",
    "extensions",
    "-out",
    "forged.crt",
  );
  if (issuer !== "ca") {
    const chain = [await readFile(join(folder, "forged.crt")), await readFile(join(pki, `${issuer}.crt`))];
    await writeFile(join(folder, "forged.crt"), Buffer.concat(chain));
  }
  await copyFile(join(pki, "ca.crt"), join(folder, "ca.crt"));
  return credentials(folder, "forged");
}

describe("a certificate of the authority that names no node in a clear way is refused", () => {
  test.each<[string, Wanted]>([
    ["a wildcard", { subject: "/CN=node1", extensions: ["subjectAltName = DNS:*.example.org"] }],
    ["an octet beyond ASCII", { subject: "/CN=n\u00f6de1", extensions: [] }],
    ["a name in Cyrillic letters", { subject: "/CN=n\u043ede1", extensions: [] }],
    ["NUL in its DNS name", { subject: "/CN=node1", extensions: [`subjectAltName = DER:${derOfDns("node1\0.evil")}`] }],
    ["a comma in its DNS name", { subject: "/CN=x", extensions: [`subjectAltName = DER:${derOfDns("x, DNS:node1")}`] }],
    ["two common names", { subject: "/CN=node2/CN=node1", extensions: [] }],
    ["an address", { subject: "/CN=192.0.2.1", extensions: ["subjectAltName = IP:192.0.2.1"] }],
    ["a path", { subject: "/CN=..\\/node1", extensions: [] }],
    ["a name that is too long", { subject: "/CN=x", extensions: [`subjectAltName = DNS:${"a".repeat(65)}`] }],
  ])("%s", async (_, wanted) => {
    const before = await tls.refused("certificate-name");
    const forged = await forge(wanted);
    await expect(tls.connect(forged)).rejects.toThrow();
    expect(await tls.refused("certificate-name")).toBe(before + 1);
  });

  test("a name of another kind that looks like a DNS name counts for nothing", async () => {
    const extensions = ["subjectAltName = @alt", "[alt]", "URI.1 = http://x/, DNS:node1"];
    await tls.expectServed(await tls.connect(await forge({ subject: "/CN=own", extensions })), "own");
  });

  test("one that a node signed, as if it were an authority", async () => {
    const extensions = ["subjectAltName = DNS:node2"];
    await expect(tls.connect(await forge({ subject: "/CN=node2", extensions, issuer: "node1" }))).rejects.toThrow();
    await tls.logged(/its certificate was not issued by this collector's authority/);
    await tls.expectServed(await tls.connect("node2"), "node2");
  });
});

/** SubjectAltName with one dNSName (RFC 5280, section 4.2.1.6), which may have any octets. */
function derOfDns(name: string): string {
  const bytes = Buffer.from(name, "latin1");
  return Buffer.concat([Buffer.of(0x30, bytes.length + 2, 0x82, bytes.length), bytes]).toString("hex");
}
