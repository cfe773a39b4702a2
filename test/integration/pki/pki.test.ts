import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { makePki, mlctl } from "../../support/ctl.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let pki: string;
beforeAll(async () => {
  pki = await makePki(["node1", "node-2.example.org"]);
});

const certificate = async (folder: string, name: string) =>
  new X509Certificate(await readFile(join(folder, `${name}.crt`)));
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test("init and issue write exactly the documented files, the revocation list and the records", async () => {
  const files = ["ca.crl", "ca.crt", "ca.key", "collector.crt", "collector.key", "nodes.list"];
  const leaves = ["node-2.example.org.crt", "node-2.example.org.key", "node1.crt", "node1.key"];
  expect((await readdir(pki)).sort()).toEqual([...files, "audit.log", "issued", ...leaves].sort());
  for (const folder of [pki, join(pki, "issued")]) expect(await mode(folder)).toBe("700");
  for (const name of [...files, ...leaves]) {
    expect(await mode(join(pki, name))).toBe(name.endsWith(".key") ? "600" : "644");
  }
});

test("names the collector localhost, 127.0.0.1 and the host's name by default", async () => {
  const { subjectAltName } = await certificate(pki, "collector");
  expect(subjectAltName?.split(", ")).toEqual(
    expect.arrayContaining(["DNS:localhost", "IP Address:127.0.0.1", "DNS:127.0.0.1", `DNS:${hostname()}`]),
  );
});

test("replaces the default names with given ones", async () => {
  const folder = await makePki([], ["logs.example.org", "192.0.2.7", "2001:db8::1"]);
  const { subjectAltName } = await certificate(folder, "collector");
  expect(subjectAltName).toMatch(
    /^DNS:logs\.example\.org, IP Address:192\.0\.2\.7, DNS:192\.0\.2\.7, IP Address:2001:/,
  );
  expect(subjectAltName).not.toContain("localhost");
});

test("a node's certificate has its name first and lasts two years; the authority's lasts ten", async () => {
  const node = await certificate(pki, "node-2.example.org");
  expect(node.subjectAltName).toMatch(
    /^DNS:node-2\.example\.org, URI:urn:marcologger:node:node-2\.example\.org:\w{26}$/,
  );
  expect(node.subject).toContain("CN=node-2.example.org");
  const hours = (cert: X509Certificate) => (Date.parse(cert.validTo) - Date.parse(cert.validFrom)) / 3_600_000;
  expect(hours(node)).toBe(2 * 365 * 24 + 1);
  expect(hours(await certificate(pki, "ca"))).toBe(10 * 365 * 24 + 1);
});

test("backdates certificates and list by an hour, for peers whose clocks are slow", async () => {
  const atMost = Date.now() - 3_590_000;
  for (const name of ["ca", "collector", "node1"]) {
    expect(Date.parse((await certificate(pki, name)).validFrom)).toBeLessThan(atMost);
  }
  const list = await run("openssl", ["crl", "-in", join(pki, "ca.crl"), "-noout", "-lastupdate", "-nextupdate"]);
  const [, last, next] = /^lastUpdate=(.*)\nnextUpdate=(.*)\n$/.exec(list.stdout) ?? [];
  expect(Date.parse(last ?? "")).toBeLessThan(atMost);
  expect(Date.parse(next ?? "")).toBe(Date.parse((await certificate(pki, "ca")).validTo));
});

test("openssl verifies each only for its own purpose", async () => {
  const verify = async (purpose: string, name: string) => {
    const ca = join(pki, "ca.crt");
    return (await run("openssl", ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, join(pki, name)])).code;
  };
  expect(await verify("sslserver", "collector.crt")).toBe(0);
  expect(await verify("sslclient", "node1.crt")).toBe(0);
  expect(await verify("sslserver", "node1.crt")).not.toBe(0);
  expect(await verify("sslclient", "collector.crt")).not.toBe(0);
});

test.each(["TLSv1.2", "TLSv1.3"] as const)("Node speaks mutual %s with them", async (version) => {
  const load = async (name: string) => ({
    key: await readFile(join(pki, `${name}.key`)),
    cert: await readFile(join(pki, `${name}.crt`)),
    ca: await readFile(join(pki, "ca.crt")),
  });
  const server = createServer({ ...(await load("collector")), requestCert: true, rejectUnauthorized: true });
  server.listen(0, "127.0.0.1");
  afterwards(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const options = { ...(await load("node1")), port: address.port, minVersion: version, maxVersion: version };
  const client = connect({ ...options, host: "127.0.0.1", servername: "localhost" });
  const [[accepted]] = await Promise.all([once(server, "secureConnection"), once(client, "secureConnect")]);
  expect(client.authorized).toBe(true);
  expect(accepted.getPeerCertificate().subjectaltname).toMatch(/^DNS:node1, URI:/);
  client.destroy();
  accepted.destroy();
});

describe("never overwrites existing files", () => {
  test.each([
    ["init", ["init"]],
    ["issue", ["issue", "node1"]],
  ])("%s", async (_, command) => {
    const before = await readFile(join(pki, "node1.key"), "utf8");
    const result = await mlctl("pki", ...command, "--dir", pki);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("it exists");
    expect(await readFile(join(pki, "node1.key"), "utf8")).toBe(before);
  });
});

test("creates missing parent folders that everybody may pass, whatever the umask", async () => {
  const parent = join(await tempFolder(), "etc/marcologger");
  const init = program("mlctl", "pki", "init", "--dir", join(parent, "pki"));
  expect(await run("sh", ["-c", 'umask 077; exec "$@"', "sh", ...init])).toMatchObject({ code: 0 });
  expect([await mode(join(parent, "..")), await mode(parent), await mode(join(parent, "pki"))]).toEqual([
    "755",
    "755",
    "700",
  ]);
});

test("an existing folder keeps its mode and contents", async () => {
  const folder = join(await tempFolder(), "shared");
  await mkdir(folder, { mode: 0o755 });
  expect((await mlctl("pki", "init", "--dir", folder)).code).toBe(0);
  expect(await mode(folder)).toBe("755");
});

describe("refuses invalid names of nodes and hosts", () => {
  const bad = [
    "../evil",
    "a/b",
    "a b",
    "a,DNS:b",
    "a\nb",
    "-a",
    "",
    "a..b",
    "*.example.org",
    "x".repeat(65),
    "1.2.3.4",
  ];
  test.each(bad)("node %j", async (name) => {
    const result = await mlctl("pki", "issue", "--dir", pki, "--", name);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain("at most 64 characters between dots");
  });
  test.each(bad.filter((name) => name !== "1.2.3.4"))("collector %j", async (name) => {
    const folder = join(await tempFolder(), "pki");
    expect(await mlctl("pki", "init", "--dir", folder, `--name=${name}`)).toMatchObject({ code: 2 });
  });
  test.each(["ca", "collector", "Collector", "fleet-broker"])("%s is not a node's file", async (name) => {
    const result = await mlctl("pki", "issue", name, "--dir", pki);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`cannot be called ${name}`);
  });
});

test("a node may have any name that the kernel allows for a host", async () => {
  const folder = await makePki([]);
  for (const name of ["gpu_01", "x".repeat(64), "_a-b_.example.org"]) {
    expect(await mlctl("pki", "issue", name, "--dir", folder)).toMatchObject({ code: 0 });
    const alone = ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", join(folder, "ca.crt")];
    expect((await run("openssl", [...alone, join(folder, `${name}.crt`)])).code).toBe(0);
    const args = ["--collector", "localhost:2514", "--node", name, "--pki", folder];
    expect((await mlctl("relay-config", ...args)).stdout).toContain(`localHostname="${name}"`);
  }
});

describe("issues certificates with the collector's names to the collector only", () => {
  test("to no node, in any spelling", async () => {
    const folder = await makePki([], ["Logs.example.org", "192.0.2.7"]);
    const result = await mlctl("pki", "issue", "logs.EXAMPLE.org", "--dir", folder);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("the collector is called Logs.example.org, and the node could pose as it");
    expect(result.stderr).toContain("like logs.EXAMPLE.org-node");
    expect(await readdir(folder)).not.toContain("logs.EXAMPLE.org.key");
  });

  test("gives the collector no node's name until that node is revoked", async () => {
    const folder = await makePki(["node1"]);
    const renew = () => mlctl("pki", "renew", "collector", "--name", "NODE1", "--dir", folder);
    const result = await renew();
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("mlctl pki revoke node1");
    expect((await mlctl("pki", "revoke", "node1", "--dir", folder)).code).toBe(0);
    expect((await renew()).code).toBe(0);
    // Relays may still expect its earlier names; nobody can have got one of them in between.
    expect((await mlctl("pki", "issue", "localhost", "--dir", folder)).code).toBe(0);
  });
});

test("treats names that differ in case as one node", async () => {
  const folder = await makePki(["Node1"]);
  const again = await mlctl("pki", "issue", "node1", "--dir", folder);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("Node1 has one");
  const renewed = await mlctl("pki", "renew", "NODE1", "--dir", folder);
  expect(renewed.stderr).toContain("Wrote Node1.crt and Node1.key");
  expect((await mlctl("pki", "revoke", "node1", "--dir", folder)).stderr).toMatch(/^Revoked node1, serial /);
});

test("issue without an authority says what to do", async () => {
  const folder = await tempFolder();
  const result = await mlctl("pki", "issue", "node1", "--dir", folder);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("mlctl pki init");
});

describe("mlctl itself", () => {
  test("--version and --help", async () => {
    expect(await mlctl("--version")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^mlctl \d+\.\d+\.\d+\n$/),
    });
    expect((await mlctl("--help")).stdout).toContain("relay-config");
    expect((await mlctl("pki", "--help")).stdout).toContain("mlctl pki issue NODE");
  });
  test.each([
    [[], "Usage: mlctl COMMAND"],
    [["frobnicate"], 'there is no command "frobnicate"'],
    [["constructor"], "there is no command"],
    [["pki"], "expected one of init, issue, list, revoke, renew, fleet, signer"],
    [["pki", "init"], "--dir is missing"],
  ])("%j ends with 2", async (args, message) => {
    const result = await mlctl(...args);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain(message);
  });
});

test("the fleet's certificates: the broker has the collector's names, the collector's own admit no relay", async () => {
  const folder = await makePki(["node1", "Node2"], ["logs.example.org"]);
  expect((await mlctl("pki", "fleet", "--dir", folder)).code).toBe(0);
  const [broker, control] = [await certificate(folder, "fleet-broker"), await certificate(folder, "fleet-control")];
  expect(broker.subjectAltName).toMatch(
    /^DNS:logs\.example\.org, IP Address:127\.0\.0\.1, DNS:127\.0\.0\.1, URI:urn:marcologger:broker:/,
  );
  expect(control.subjectAltName).toMatch(/^URI:urn:marcologger:control:\w{26}$/);
  expect(control.subject).toContain("CN=marcologger fleet");
  const named = async () =>
    (await readFile(join(folder, "nodes.list"), "utf8")).split("\n").map((line) => line.split("\t"));
  const first = await named();
  expect(first.map(([name]) => name)).toEqual(["node1", "node2", ""]);
  expect(first[1]?.[1]).toMatch(/^urn:marcologger:node:node2:/);
  expect((await mlctl("pki", "renew", "node1", "--dir", folder)).code).toBe(0);
  expect((await mlctl("pki", "revoke", "node2", "--dir", folder)).code).toBe(0);
  const [renewed, ...others] = await named();
  expect(others).toEqual([[""]]);
  expect(renewed?.[1]).not.toBe(first[0]?.[1]);
  expect((await mlctl("pki", "issue", "LOGS.example.org", "--dir", folder)).code).toBe(1);
  expect((await mlctl("pki", "fleet", "--dir", folder)).stderr).toMatch(/revoked serial \w+, \w+, \w+/);
});

test("records who did what with an authority in its audit.log, for its owner only", async () => {
  const folder = await makePki(["node1"]);
  expect((await mlctl("pki", "issue", "node1", "--dir", folder)).code).toBe(1);
  expect((await mlctl("pki", "renew", "node1", "--dir", folder)).code).toBe(0);
  expect((await mlctl("pki", "revoke", "node1", "--dir", folder)).code).toBe(0);
  expect(await mode(join(folder, "audit.log"))).toBe("600");
  const text = await readFile(join(folder, "audit.log"), "utf8");
  const records = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { username: user, uid } = userInfo();
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  const who = { time, event: "pki", user, uid, name: "node1" };
  const serial = expect.stringMatching(/^[0-9A-F]{16,}$/);
  expect(records).toMatchObject([
    { ...who, action: "init", name: "collector", outcome: "ok" },
    { ...who, action: "issue", outcome: "ok" },
    { ...who, action: "issue", outcome: "failed" },
    { ...who, action: "renew", outcome: "ok", revoked: [serial] },
    { ...who, action: "revoke", outcome: "ok", revoked: [serial] },
  ]);
  expect(text).not.toContain("PRIVATE KEY");
});
