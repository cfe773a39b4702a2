import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { connect, type SecureVersion } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { newKey } from "../../../src/ctl/pki/openssl.ts";
import { issueCertificate } from "../../../src/ctl/pki/pki.ts";
import { Authority, lifetimeOf } from "../../../src/ctl/pki/pki-authority.ts";
import { renewCertificate, revokeNode } from "../../../src/ctl/pki/pki-renew.ts";
import { loadCertificates } from "../../../src/ingest/admission/certificate-folder.ts";
import { metric } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { credentials, days, pkiLasting, TlsSite } from "../../support/tls-site.ts";

let pki: string;
let otherPki: string;
beforeAll(async () => {
  pki = await pkiLasting(undefined, "node1", "node2", "gone");
  otherPki = await pkiLasting(undefined, "node1");
  await issueCertificate(pki, "old", days(-10, -1));
  await issueCertificate(pki, "early", days(1, 10));
  await revokeNode(pki, "gone");
  const key = await newKey();
  const extensions = ["extendedKeyUsage = clientAuth"];
  const request = { key, commonName: "no host name!", extensions, lifetime: lifetimeOf(1) };
  await writeFile(join(pki, "nameless.crt"), await Authority.open(pki, (authority) => authority.sign(request)));
  await writeFile(join(pki, "nameless.key"), key);
});

describe("refuses a relay without a valid certificate; the log says whose, which, and what to do", () => {
  test.each([
    [
      "authority",
      "was not issued by this collector's authority",
      "mlctl pki issue",
      () => credentials(otherPki, "node1", pki),
    ],
    ["expired", "has expired", "mlctl pki renew", () => credentials(pki, "old")],
    ["not-yet-valid", "is not valid yet", "clocks", () => credentials(pki, "early")],
    ["revoked", "is revoked", "mlctl pki renew", () => credentials(pki, "gone")],
    ["purpose", "is not for a node", "mlctl pki issue", () => credentials(pki, "collector")],
    ["certificate-name", "has no usable host name", "mlctl pki issue", () => credentials(pki, "nameless")],
  ])("%s: %s", async (reason, because, next, shown) => {
    const site = await TlsSite.start(pki);
    const neighbour = await site.connect("node2");
    const tls = await shown();
    await expect(site.connect(tls)).rejects.toThrow();
    const line = await site.logged(new RegExp(because));
    expect(line).toMatch(/^warning relay refused: its certificate /);
    const { serialNumber, subject } = new X509Certificate(String(tls.cert));
    const [, name = "?"] = /CN=(.*)/.exec(subject) ?? [];
    expect(line).toContain(`"serial":"${serialNumber}"`);
    if (reason !== "certificate-name") expect(line).toContain(`"node":"${name}"`);
    expect(line).toContain(next);
    expect(await site.refused(reason)).toBe(1);
    const audited = { event: "relay-session", outcome: "refused", reason, address: "127.0.0.1", serial: serialNumber };
    expect(site.site.audited).toMatchObject([audited]);
    await site.expectServed(neighbour, "node2");
  });

  test("no certificate at all", async () => {
    const site = await TlsSite.start(pki);
    const tls = { ca: await readFile(join(pki, "ca.crt")), servername: "localhost" };
    await expect(site.connect(tls)).rejects.toThrow();
    await site.logged(/its certificate was not shown.*"address":.*mlctl pki issue/);
    expect(await site.refused("no-certificate")).toBe(1);
  });

  test.each([
    ["TLSv1.1", false],
    ["TLSv1.2", true],
    ["TLSv1.3", true],
  ] as const)("%s: %s", async (version: SecureVersion, isTaken) => {
    const site = await TlsSite.start(pki);
    const only = { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" };
    const opened = site.connect({ ...(await credentials(pki, "node1")), ...only });
    if (isTaken) {
      await site.expectServed(await opened, "node1");
    } else {
      await expect(opened).rejects.toThrow();
      await site.logged(/no TLS session.*"address":.*UNSUPPORTED_PROTOCOL.*ca\.crt/);
      expect(await site.refused("tls")).toBe(1);
    }
  });
});

describe("a node that is revoked", () => {
  test("is cut off at once with a counter and a log line, and stays out; others are unaffected", async () => {
    const folder = await pkiLasting(undefined, "node1", "node2");
    const site = await TlsSite.start(folder);
    const [node1, node2] = [await site.connect("node1"), await site.connect("node2")];
    await site.expectServed(node1, "node1");
    const [serial] = await revokeNode(folder, "node1");
    await site.reload();
    await node1.closed();
    const line = await site.logged(/relay cut off/);
    for (const part of ['"reason":"revoked"', '"node":"node1"', `"serial":"${serial}"`, "mlctl pki renew"]) {
      expect(line).toContain(part);
    }
    expect(await site.refused("revoked")).toBe(1);
    await expect(site.connect("node1")).rejects.toThrow();
    expect(await site.refused("revoked")).toBe(2);
    const audited = { event: "relay-session", reason: "revoked", node: "node1", serial };
    expect(site.site.audited).toMatchObject([
      { ...audited, outcome: "ended" },
      { ...audited, outcome: "refused" },
    ]);
    await site.expectServed(node2, "node2");
    await renewCertificate(folder, "node1");
    await site.expectServed(await site.connect("node1"), "node1");
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("cannot resume an earlier session of %s", async (version) => {
    const folder = await pkiLasting(undefined, "node1");
    const site = await TlsSite.start(folder);
    const tls = { ...(await credentials(folder, "node1")), port: site.site.relp.port, host: "127.0.0.1" };
    const only = { minVersion: version, maxVersion: version };
    let session: Buffer | undefined;
    const first = connect({ ...tls, ...only });
    first.on("session", (ticket) => {
      session = ticket;
    });
    await once(first, "secureConnect");
    await poll("a session to go on with", () => session);
    first.destroy();
    const second = connect({ ...tls, ...only, ...(session === undefined ? {} : { session }) });
    await once(second, "secureConnect");
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });

  test("disconnects all relays when openssl cannot read the revocation list", async () => {
    const site = await TlsSite.start(pki);
    const client = await site.connect("node1");
    site.site.relp.reload({ ...(await loadCertificates(pki)), revoked: undefined });
    await client.closed();
    expect(await site.refused("recheck")).toBe(1);
    await site.expectServed(await site.connect("node1"), "node1");
    await expect(site.connect("gone")).rejects.toThrow();
  });
});

test("a stopping collector does not wait for a TLS handshake, and admits no relay", async () => {
  const { site } = await TlsSite.start(pki, { limits: { handshakeMs: 3_600_000 } });
  const relay = connectTcp(site.relp.port, "127.0.0.1");
  await once(relay, "connect");
  relay.on("error", () => {});
  // The header of a handshake record without its body.
  relay.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
  await poll(
    "the collector to have taken the connection",
    async () => (await metric(site, "ml_relp_handshakes")) === 1,
  );
  await site.relp.stop();
  await poll("the connection to end", () => relay.destroyed);
  expect(site.logLines.join("\n")).not.toMatch(/no TLS session/);
});

describe("an invalid revocation list refuses everybody, and the log says why", () => {
  const gencrl = ["ca", "-config", "issued/openssl.cnf", "-gencrl", "-out", "ca.crl"];
  test.each([
    ["ca.crl has expired", ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"]],
    ["ca.crl is not valid yet", ["-crl_lastupdate", "20350101000000Z", "-crl_nextupdate", "20350102000000Z"]],
    ["ca.crl is of another authority", undefined],
  ])("%s", async (because, validity) => {
    const folder = await pkiLasting(undefined, "node1");
    if (validity === undefined) await copyFile(join(otherPki, "ca.crl"), join(folder, "ca.crl"));
    else expect((await run("openssl", [...gencrl, ...validity], { cwd: folder })).code).toBe(0);
    const site = await TlsSite.start(folder);
    await expect(site.connect("node1")).rejects.toThrow();
    await site.logged(new RegExp(`cannot be checked: ${because}.*"node":"node1".*mlctl pki revoke`));
    expect(await site.refused("crl")).toBe(1);
  });
});
