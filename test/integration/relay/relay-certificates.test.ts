import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { issueCertificate } from "../../../src/ctl/pki/pki.ts";
import { renewCertificate } from "../../../src/ctl/pki/pki-renew.ts";
import { loadCertificates } from "../../../src/ingest/admission/certificate-folder.ts";
import { metric } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { DAY_MS, days, pkiLasting, TlsSite } from "../../support/tls-site.ts";

let pki: string;
let otherPki: string;
beforeAll(async () => {
  pki = await pkiLasting(undefined, "node1");
  otherPki = await pkiLasting(undefined);
});

describe("never shows relays a certificate that they would refuse", () => {
  test.each([
    ["another authority's certificate", ["collector.crt", "collector.key"], "has not signed it"],
    ["another key", ["collector.key"], "key of another certificate"],
    ["another authority", ["ca.crt"], "has not signed it"],
  ])("%s is not loaded", async (_, files, message) => {
    const folder = await pkiLasting(undefined);
    for (const name of files) await copyFile(join(otherPki, name), join(folder, name));
    await expect(loadCertificates(folder)).rejects.toThrow(message);
  });

  test("a node's certificate is not loaded", async () => {
    const folder = await pkiLasting(undefined, "node1");
    for (const kind of ["crt", "key"]) await copyFile(join(folder, `node1.${kind}`), join(folder, `collector.${kind}`));
    await expect(loadCertificates(folder)).rejects.toThrow("it is a node's");
  });

  test("names a file that is not a certificate", async () => {
    const folder = await pkiLasting(undefined);
    await writeFile(join(folder, "ca.crt"), "hello");
    await expect(loadCertificates(folder)).rejects.toThrow("Cannot use ca.crt: it is no certificate");
  });

  test.each([
    ["is empty", ""],
    ["is cut", "-----BEGIN X509 CRL-----\nMIIB"],
    ["is something else", "hello"],
  ])("does not load a revocation list that %s: it does not mean that nobody is revoked", async (_, text) => {
    const folder = await pkiLasting(undefined);
    await writeFile(join(folder, "ca.crl"), text);
    await expect(loadCertificates(folder)).rejects.toThrow(
      "Cannot use ca.crl: it is not a list of revoked certificates",
    );
  });

  test("names a file that is not a key, or has a passphrase", async () => {
    const folder = await pkiLasting(undefined);
    const path = join(folder, "collector.key");
    const locked = ["pkcs8", "-topk8", "-in", path, "-v2", "aes256", "-passout", "pass:secret"];
    const { stdout } = await run("openssl", locked);
    for (const text of ["hello", stdout]) {
      await writeFile(path, text);
      await expect(loadCertificates(folder)).rejects.toThrow("Cannot use collector.key: it is not a private key");
    }
  });

  test("loads a chain through an intermediate authority", async () => {
    const folder = await pkiLasting(undefined);
    const between = await pkiLasting(undefined);
    const csr = join(between, "csr");
    await run("openssl", ["req", "-new", "-key", "ca.key", "-subj", "/CN=between", "-out", csr], { cwd: between });
    const extensions = join(between, "extensions");
    await writeFile(extensions, "basicConstraints = critical, CA:TRUE\nsubjectKeyIdentifier = hash\n");
    const ca = ["-CA", join(folder, "ca.crt"), "-CAkey", join(folder, "ca.key"), "-CAcreateserial"];
    const signed = await run("openssl", ["x509", "-req", "-in", csr, "-extfile", extensions, ...ca]);
    await writeFile(join(between, "ca.crt"), signed.stdout);
    await renewCertificate(between, "collector");
    const chain = `${await readFile(join(between, "collector.crt"), "utf8")}${signed.stdout}`;
    await writeFile(join(folder, "collector.crt"), chain);
    await copyFile(join(between, "collector.key"), join(folder, "collector.key"));
    expect((await loadCertificates(folder)).own.subject).toContain("localhost");
  });

  test.each([
    ["collector.crt has expired", days(-2, -1)],
    ["collector.crt is not valid yet", days(1, 2)],
  ])("%s: refuses everybody before the handshake, and admits everybody afterwards", async (failure, lifetime) => {
    const folder = await pkiLasting(undefined, "node1");
    await renewCertificate(folder, "collector", { lifetime });
    const site = await TlsSite.start(folder);
    expect(site.site.relp.failure).toContain(failure);
    await expect(site.connect("node1")).rejects.toThrow(/ECONNRESET|before secure TLS/);
    await expect(site.connect("node1")).rejects.toThrow();
    expect(await site.refused("own-certificate")).toBe(2);
    expect(site.site.logLines.filter((line) => line.includes("no relay is admitted"))).toHaveLength(1);
    await renewCertificate(folder, "collector");
    await site.reload();
    expect(site.site.relp.failure).toBeUndefined();
    await site.expectServed(await site.connect("node1"), "node1");
  });
});

describe("certificates that expire", () => {
  const left = async (site: TlsSite, which: string) =>
    (await metric(site.site, "ml_certificate_expiry_seconds", `certificate="${which}"`)) / 86_400;

  test("/metrics shows how long they last; for relays, the earliest of the connected ones", async () => {
    const folder = await pkiLasting(undefined);
    await issueCertificate(folder, "long", days(-1, 100));
    await issueCertificate(folder, "short", days(-1, 50));
    const site = await TlsSite.start(folder);
    expect(await left(site, "collector")).toBeCloseTo(730, 2);
    expect(await left(site, "ca")).toBeCloseTo(3_650, 2);
    expect(await site.site.metrics.text()).not.toContain('certificate="relay"');
    const [, short] = [await site.connect("long"), await site.connect("short")];
    expect(await left(site, "relay")).toBeCloseTo(50, 2);
    expect(await site.site.metrics.text()).not.toMatch(/certificate_expiry.*(long|short)/);
    short.destroy();
    await poll("the other one to be left", async () => Math.round(await left(site, "relay")) === 100);
  });

  test("warns with less than 30 days left: at the start, at a relay's connect, every day", async () => {
    const folder = await pkiLasting(days(-1, 29.5));
    await issueCertificate(folder, "short", days(-1, 3.5));
    await issueCertificate(folder, "long", days(-1, 40));
    let aheadMs = 0;
    const site = await TlsSite.start(folder, { nowMs: () => Date.now() + aheadMs });
    const warnings = (name: string) =>
      site.site.logLines
        .filter((line) => line.includes(`"certificate":"${name}"`))
        .map((line) => line.replace(/ \{.*/, ""));
    const soon = "warning a certificate expires soon";
    expect([warnings("collector"), warnings("ca")]).toEqual([[soon], [soon]]);
    expect(site.site.logLines.join()).toMatch(
      /"certificate":"collector","serial":"[0-9A-F]+","until":"20.*","days":29,.*renew/,
    );
    await site.connect("short");
    await site.connect("long");
    // Logged once for a relay that keeps reconnecting.
    await site.connect("short");
    expect([warnings("short"), warnings("long")]).toEqual([[soon], []]);
    aheadMs = DAY_MS;
    await poll("the next day's warnings", () => warnings("short").length === 2 && warnings("ca").length === 2);
    aheadMs = 5 * DAY_MS;
    await poll("word that one has expired", () => warnings("short").at(-1) === "error a certificate has expired");
    const audited = site.site.audited.filter(({ event }) => event === "certificate-expiry");
    expect(audited).toMatchObject([
      { certificate: "collector", reason: "expires-soon" },
      { certificate: "ca", reason: "expires-soon" },
      ...Array(audited.length - 2).fill({ serial: expect.any(String) }),
    ]);
    aheadMs = 11 * DAY_MS;
    await poll("the other's turn", () => warnings("long").length === 1);
  });

  test("does not warn with more left", async () => {
    const site = await TlsSite.start(pki);
    await site.connect("node1");
    expect(site.site.logLines.join("\n")).not.toContain("expire");
  });
});
