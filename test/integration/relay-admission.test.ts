import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConnectionOptions, connect, type SecureVersion } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { newKey } from "../../src/ctl/openssl.ts";
import { initPki, issueCertificate } from "../../src/ctl/pki.ts";
import { Authority, type Lifetime, lifetimeOf } from "../../src/ctl/pki-authority.ts";
import { renewCertificate, revokeNode } from "../../src/ctl/pki-renew.ts";
import { loadCertificates } from "../../src/ingest/certificate-folder.ts";
import { afterwards } from "../support/cleanup.ts";
import { fakeExecution } from "../support/envelopes.ts";
import { type IngestSite, type IngestSiteOptions, metric, ROOT, startIngestSite } from "../support/ingest-site.ts";
import { poll } from "../support/poll.ts";
import { run } from "../support/processes.ts";
import { RelpClient } from "../support/relp-client.ts";
import { tempFolder } from "../support/temp-folder.ts";

const DAY_MS = 86_400_000;
const NAMES = ["localhost", "127.0.0.1"];
const days = (from: number, to: number): Lifetime => ({
  fromMs: Date.now() + from * DAY_MS,
  toMs: Date.now() + to * DAY_MS,
});

async function makePki(nodes: readonly string[], lifetime?: Lifetime): Promise<string> {
  const folder = join(await tempFolder(), "pki");
  await initPki(folder, NAMES, lifetime);
  for (const node of nodes) await issueCertificate(folder, node);
  return folder;
}

async function siteWith(folder: string, options: Partial<IngestSiteOptions> = {}): Promise<IngestSite> {
  const tls = await loadCertificates(folder);
  const started = await startIngestSite({ tls, ...options, dataDir: await tempFolder() });
  afterwards(() => started.stop());
  return started;
}

/** What a relay shows and trusts. */
async function credentials(folder: string, name: string, trusts = folder): Promise<ConnectionOptions> {
  const read = (file: string) => readFile(join(folder, file));
  return {
    cert: await read(`${name}.crt`),
    key: await read(`${name}.key`),
    ca: await readFile(join(trusts, "ca.crt")),
    servername: "localhost",
  };
}

async function connected(site: IngestSite, folder: string, name: string): Promise<RelpClient> {
  const client = await RelpClient.open(site.relp.port, await credentials(folder, name));
  client.socket.on("error", () => {});
  afterwards(() => client.destroy());
  return client;
}

async function expectServed(client: RelpClient, site: IngestSite, node: string): Promise<void> {
  const a = fakeExecution({ node });
  await client.send(a.begin(), a.lines(1, ["fine"]), a.end(1));
  expect(await site.archive.get(ROOT, a.x, node)).toMatchObject({ delivery: "complete" });
}

const refused = (site: IngestSite, reason: string) =>
  metric(site, "ml_relp_refused_sessions_total", `reason="${reason}"`);
const logged = (site: IngestSite, pattern: RegExp) =>
  poll(`a log line like ${pattern}`, () => site.logLines.find((line) => pattern.test(line)));

let pki: string;
let otherPki: string;
beforeAll(async () => {
  pki = await makePki(["node1", "node2", "gone"]);
  otherPki = await makePki(["node1"]);
  await issueCertificate(pki, "old", days(-10, -1));
  await issueCertificate(pki, "early", days(1, 10));
  await revokeNode(pki, "gone");
  const key = await newKey();
  const extensions = ["extendedKeyUsage = clientAuth"];
  const request = { key, commonName: "no host name!", extensions, lifetime: lifetimeOf(1) };
  await writeFile(join(pki, "nameless.crt"), await Authority.open(pki, (authority) => authority.sign(request)));
  await writeFile(join(pki, "nameless.key"), key);
});

describe("a relay without a right certificate is refused, and the log says whose, which, and what to do", () => {
  test.each([
    ["authority", "is not of this collector's authority", "mlctl pki issue", () => credentials(otherPki, "node1", pki)],
    ["expired", "has expired", "mlctl pki renew", () => credentials(pki, "old")],
    ["not-yet-valid", "is not valid yet", "clocks", () => credentials(pki, "early")],
    ["revoked", "is revoked", "mlctl pki renew", () => credentials(pki, "gone")],
    ["purpose", "is not for a node", "mlctl pki issue", () => credentials(pki, "collector")],
    ["certificate-name", "has no usable host name", "mlctl pki issue", () => credentials(pki, "nameless")],
  ])("%s: %s", async (reason, because, next, shown) => {
    const site = await siteWith(pki);
    const neighbour = await connected(site, pki, "node2");
    const tls = await shown();
    await expect(RelpClient.open(site.relp.port, tls)).rejects.toThrow();
    const line = await logged(site, new RegExp(because));
    expect(line).toMatch(/^warning relay refused: its certificate /);
    const { serialNumber, subject } = new X509Certificate(String(tls.cert));
    const [, name = "?"] = /CN=(.*)/.exec(subject) ?? [];
    expect(line).toContain(`"serial":"${serialNumber}"`);
    if (reason !== "certificate-name") expect(line).toContain(`"node":"${name}"`);
    expect(line).toContain(next);
    expect(await refused(site, reason)).toBe(1);
    await expectServed(neighbour, site, "node2");
  });

  test("no certificate at all", async () => {
    const site = await siteWith(pki);
    const tls = { ca: await readFile(join(pki, "ca.crt")), servername: "localhost" };
    await expect(RelpClient.open(site.relp.port, tls)).rejects.toThrow();
    await logged(site, /its certificate was not shown.*"address":.*mlctl pki issue/);
    expect(await refused(site, "no-certificate")).toBe(1);
  });

  test.each([
    ["TLSv1.1", false],
    ["TLSv1.2", true],
    ["TLSv1.3", true],
  ] as const)("%s: %s", async (version: SecureVersion, isTaken) => {
    const site = await siteWith(pki);
    const only = { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" };
    const opened = RelpClient.open(site.relp.port, { ...(await credentials(pki, "node1")), ...only });
    if (isTaken) {
      await expectServed(await opened, site, "node1");
      (await opened).destroy();
    } else {
      await expect(opened).rejects.toThrow();
      expect(await refused(site, "tls")).toBe(1);
      await logged(site, /no TLS session.*"address":.*UNSUPPORTED_PROTOCOL.*ca\.crt/);
    }
  });
});

describe("a node that is revoked", () => {
  test("is cut off at once with a counter and a log line, and comes in no more; others notice nothing", async () => {
    const folder = await makePki(["node1", "node2"]);
    const site = await siteWith(folder);
    const [node1, node2] = [await connected(site, folder, "node1"), await connected(site, folder, "node2")];
    await expectServed(node1, site, "node1");
    const [serial] = await revokeNode(folder, "node1");
    site.relp.reload(await loadCertificates(folder));
    await node1.closed();
    const line = await logged(site, /relay cut off/);
    for (const part of ['"reason":"revoked"', '"node":"node1"', `"serial":"${serial}"`, "mlctl pki renew"]) {
      expect(line).toContain(part);
    }
    expect(await refused(site, "revoked")).toBe(1);
    await expect(connected(site, folder, "node1")).rejects.toThrow();
    expect(await refused(site, "revoked")).toBe(2);
    await expectServed(node2, site, "node2");
    await renewCertificate(folder, "node1");
    await expectServed(await connected(site, folder, "node1"), site, "node1");
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("cannot go on with an earlier session of %s", async (version) => {
    const folder = await makePki(["node1"]);
    const site = await siteWith(folder);
    const tls = { ...(await credentials(folder, "node1")), port: site.relp.port, host: "127.0.0.1" };
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

  test("everybody has to come again when openssl cannot say who is revoked", async () => {
    const site = await siteWith(pki);
    const client = await connected(site, pki, "node1");
    site.relp.reload({ ...(await loadCertificates(pki)), revoked: undefined });
    await client.closed();
    expect(await refused(site, "recheck")).toBe(1);
    await expectServed(await connected(site, pki, "node1"), site, "node1");
    await expect(connected(site, pki, "gone")).rejects.toThrow();
  });
});

describe("a list of revoked certificates that is no good refuses everybody, and the log says why", () => {
  const gencrl = ["ca", "-config", "issued/openssl.cnf", "-gencrl", "-out", "ca.crl"];
  test.each([
    ["ca.crl has expired", ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"]],
    ["ca.crl is not valid yet", ["-crl_lastupdate", "20350101000000Z", "-crl_nextupdate", "20350102000000Z"]],
    ["ca.crl is of another authority", undefined],
  ])("%s", async (because, validity) => {
    const folder = await makePki(["node1"]);
    if (validity === undefined) await copyFile(join(otherPki, "ca.crl"), join(folder, "ca.crl"));
    else expect((await run("openssl", [...gencrl, ...validity], { cwd: folder })).code).toBe(0);
    const site = await siteWith(folder);
    await expect(connected(site, folder, "node1")).rejects.toThrow();
    await logged(site, new RegExp(`cannot be checked: ${because}.*"node":"node1".*mlctl pki revoke`));
    expect(await refused(site, "crl")).toBe(1);
  });
});

describe("certificates that relays would refuse are never shown to them", () => {
  test.each([
    ["another authority's certificate", ["collector.crt", "collector.key"], "has not signed it"],
    ["another key", ["collector.key"], "key of another certificate"],
    ["another authority", ["ca.crt"], "has not signed it"],
  ])("%s is not loaded", async (_, files, message) => {
    const folder = await makePki([]);
    for (const name of files) await copyFile(join(otherPki, name), join(folder, name));
    await expect(loadCertificates(folder)).rejects.toThrow(message);
  });

  test("a node's certificate is not loaded", async () => {
    const folder = await makePki(["node1"]);
    for (const kind of ["crt", "key"]) await copyFile(join(folder, `node1.${kind}`), join(folder, `collector.${kind}`));
    await expect(loadCertificates(folder)).rejects.toThrow("it is a node's");
  });

  test("what is no certificate at all is told by name", async () => {
    const folder = await makePki([]);
    await writeFile(join(folder, "ca.crt"), "hello");
    await expect(loadCertificates(folder)).rejects.toThrow("Cannot use ca.crt: it is no certificate");
  });

  test("a chain through an authority in between is loaded", async () => {
    const folder = await makePki([]);
    const between = await makePki([]);
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
  ])("%s: nobody gets as far as the handshake; afterwards everybody is welcome", async (failure, lifetime) => {
    const folder = await makePki(["node1"]);
    await renewCertificate(folder, "collector", { lifetime });
    const site = await siteWith(folder);
    expect(site.relp.failure).toContain(failure);
    await expect(connected(site, folder, "node1")).rejects.toThrow(/ECONNRESET|before secure TLS/);
    await expect(connected(site, folder, "node1")).rejects.toThrow();
    expect(await refused(site, "own-certificate")).toBe(2);
    expect(site.logLines.filter((line) => line.includes("no relay is let in"))).toHaveLength(1);
    await renewCertificate(folder, "collector");
    site.relp.reload(await loadCertificates(folder));
    expect(site.relp.failure).toBeUndefined();
    await expectServed(await connected(site, folder, "node1"), site, "node1");
  });
});

describe("certificates that expire", () => {
  const left = async (site: IngestSite, which: string) =>
    (await metric(site, "ml_certificate_expiry_seconds", `certificate="${which}"`)) / 86_400;

  test("/metrics shows how long they are good, for relays the soonest of those connected", async () => {
    const folder = await makePki([]);
    await issueCertificate(folder, "long", days(-1, 100));
    await issueCertificate(folder, "short", days(-1, 50));
    const site = await siteWith(folder);
    expect(await left(site, "collector")).toBeCloseTo(730, 2);
    expect(await left(site, "ca")).toBeCloseTo(3_650, 2);
    expect(await site.metrics.text()).not.toContain('certificate="relay"');
    const [, short] = [await connected(site, folder, "long"), await connected(site, folder, "short")];
    expect(await left(site, "relay")).toBeCloseTo(50, 2);
    expect(await site.metrics.text()).not.toMatch(/long|short/);
    short.destroy();
    await poll("the other one to be left", async () => Math.round(await left(site, "relay")) === 100);
  });

  test("with less than 30 days left they are warned of: at the start, at a relay's connect, and every day", async () => {
    const folder = await makePki([], days(-1, 29.5));
    await issueCertificate(folder, "short", days(-1, 3.5));
    await issueCertificate(folder, "long", days(-1, 40));
    let aheadMs = 0;
    const site = await siteWith(folder, { nowMs: () => Date.now() + aheadMs });
    const warnings = (name: string) =>
      site.logLines.filter((line) => line.includes(`"certificate":"${name}"`)).map((line) => line.replace(/ \{.*/, ""));
    const soon = "warning a certificate expires soon";
    expect([warnings("collector"), warnings("ca")]).toEqual([[soon], [soon]]);
    expect(site.logLines.join()).toMatch(
      /"certificate":"collector","serial":"[0-9A-F]+","until":"20.*","days":29,.*renew/,
    );
    await connected(site, folder, "short");
    await connected(site, folder, "long");
    expect([warnings("short"), warnings("long")]).toEqual([[soon], []]);
    aheadMs = DAY_MS;
    await poll("the next day's warnings", () => warnings("short").length === 2 && warnings("ca").length === 2);
    aheadMs = 5 * DAY_MS;
    await poll("word that one has expired", () => warnings("short").at(-1) === "error a certificate has expired");
    aheadMs = 11 * DAY_MS;
    await poll("the other's turn", () => warnings("long").length === 1);
  });

  test("with more left nothing is said", async () => {
    const site = await siteWith(pki);
    await connected(site, pki, "node1");
    expect(site.logLines.join("\n")).not.toContain("expire");
  });
});
