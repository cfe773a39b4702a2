import { X509Certificate } from "node:crypto";
import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { issueCertificate } from "../../../src/ctl/pki/pki.ts";
import { makePki, mlctl } from "../../support/ctl.ts";
import { run } from "../../support/processes.ts";

const DAY_MS = 86_400_000;
const read = (folder: string, name: string) => readFile(join(folder, name), "utf8");
const serialOf = async (folder: string, name: string) =>
  new X509Certificate(await read(folder, `${name}.crt`)).serialNumber;

async function pkiDo(folder: string, ...args: readonly string[]) {
  const result = await mlctl("pki", ...args, "--dir", folder);
  if (result.code !== 0) throw new Error(`mlctl pki ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
  return result;
}

/** What `mlctl pki list` prints, without the heading. */
async function list(folder: string): Promise<string[][]> {
  const { stdout } = await pkiDo(folder, "list");
  const [heading, ...rows] = stdout.trimEnd().split("\n");
  expect(heading?.split(/ +/)).toEqual(["NAME", "SERIAL", "VALID-UNTIL", "DAYS-LEFT", "REVOKED"]);
  return rows.map((row) => row.split(/ +/));
}

async function opensslRefuses(folder: string, name: string): Promise<boolean> {
  const lists = ["-CAfile", join(folder, "ca.crt"), "-CRLfile", join(folder, "ca.crl"), "-crl_check_all"];
  const result = await run("openssl", ["verify", ...lists, join(folder, `${name}.crt`)]);
  if (result.code !== 0) expect(result.stderr).toContain("certificate revoked");
  return result.code !== 0;
}

test("list shows every certificate, sorted by name, with its remaining days", async () => {
  const folder = await makePki(["node2", "node1"]);
  const nowMs = Date.now();
  await issueCertificate(folder, "short", { fromMs: nowMs - DAY_MS, toMs: nowMs + 3.5 * DAY_MS });
  await issueCertificate(folder, "over", { fromMs: nowMs - 2 * DAY_MS, toMs: nowMs - DAY_MS / 2 });
  const rows = await list(folder);
  const until = (name: string) => rows.find(([found]) => found === name)?.[2];
  expect(rows.map(([name, , , days, revoked]) => [name, days, revoked])).toEqual([
    ["ca", "3649", "no"],
    ["collector", "729", "no"],
    ["node1", "729", "no"],
    ["node2", "729", "no"],
    ["over", "-1", "no"],
    ["short", "3", "no"],
  ]);
  expect(rows.find(([name]) => name === "node1")?.[1]).toBe(await serialOf(folder, "node1"));
  expect(until("short")).toBe(new Date(nowMs + 3.5 * DAY_MS).toISOString().slice(0, 10));
});

describe("revoke", () => {
  test("puts only that node on a list that openssl understands", async () => {
    const folder = await makePki(["node1", "node2"]);
    expect(await opensslRefuses(folder, "node1")).toBe(false);
    const serial = await serialOf(folder, "node1");
    expect((await pkiDo(folder, "revoke", "node1")).stderr).toContain(serial);
    expect(await opensslRefuses(folder, "node1")).toBe(true);
    expect(await opensslRefuses(folder, "node2")).toBe(false);
    expect(await opensslRefuses(folder, "collector")).toBe(false);
    expect((await list(folder)).filter(([, , , , revoked]) => revoked === "yes").map(([name]) => name)).toEqual([
      "node1",
    ]);
  });

  test("succeeds a second time without a change; rewrites a missing list", async () => {
    const folder = await makePki(["node1"]);
    await pkiDo(folder, "revoke", "node1");
    await rm(join(folder, "ca.crl"));
    expect((await pkiDo(folder, "revoke", "node1")).stderr).toContain("was revoked before");
    expect(await opensslRefuses(folder, "node1")).toBe(true);
  });

  test("works without the node's files: they are on the node", async () => {
    const folder = await makePki(["node1"]);
    const serial = await serialOf(folder, "node1");
    for (const name of ["node1.crt", "node1.key"]) await rm(join(folder, name));
    expect((await pkiDo(folder, "revoke", "node1")).stderr).toContain(serial);
  });

  test.each([
    ["nobody", 1, "No certificate was ever issued to nobody"],
    ["collector", 2, "cannot be called collector"],
    ["ca", 2, "cannot be called ca"],
    ["../ca", 2, "a node cannot be called"],
  ])("refuses %s", async (name, code, message) => {
    const folder = await makePki(["node1"]);
    const before = await read(folder, "ca.crl");
    const result = await mlctl("pki", "revoke", name, "--dir", folder);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
    expect(await read(folder, "ca.crl")).toBe(before);
  });
});

describe("renew", () => {
  test("makes a new key and certificate, and revokes the old one", async () => {
    const folder = await makePki(["node1"]);
    const [oldKey, oldSerial] = [await read(folder, "node1.key"), await serialOf(folder, "node1")];
    await writeFile(join(folder, "old.crt"), await read(folder, "node1.crt"));
    expect((await pkiDo(folder, "renew", "node1")).stderr).toContain(oldSerial);
    expect(await read(folder, "node1.key")).not.toBe(oldKey);
    expect(await opensslRefuses(folder, "node1")).toBe(false);
    expect(await opensslRefuses(folder, "old")).toBe(true);
    const rows = (await list(folder)).filter(([name]) => name === "node1");
    expect(rows.map(([, serial, , , revoked]) => [serial, revoked])).toEqual([
      [oldSerial, "yes"],
      [await serialOf(folder, "node1"), "no"],
    ]);
  });

  test("keeps an administrator's file modes, and leaves no other files", async () => {
    const folder = await makePki(["node1"]);
    const files = (await readdir(folder)).sort();
    await chmod(join(folder, "collector.key"), 0o640);
    await pkiDo(folder, "renew", "collector");
    await pkiDo(folder, "renew", "node1");
    const mode = async (name: string) => ((await stat(join(folder, name))).mode & 0o777).toString(8);
    expect(await mode("collector.key")).toBe("640");
    expect(await mode("node1.key")).toBe("600");
    expect((await readdir(folder)).sort()).toEqual(files);
  });

  test("lets the collector keep its names, or gives it others", async () => {
    const folder = await makePki([], ["logs.example.org", "192.0.2.7", "2001:db8::1"]);
    const names = async () => new X509Certificate(await read(folder, "collector.crt")).subjectAltName;
    const before = await names();
    await pkiDo(folder, "renew", "collector");
    expect(await names()).toBe(before);
    await pkiDo(folder, "renew", "collector", "--name", "new.example.org");
    expect(await names()).toBe("DNS:new.example.org");
  });

  test("renews a revoked node, and one whose files are on the node", async () => {
    const folder = await makePki(["node1"]);
    await pkiDo(folder, "revoke", "node1");
    for (const name of ["node1.crt", "node1.key"]) await rm(join(folder, name));
    await pkiDo(folder, "renew", "node1");
    expect(await opensslRefuses(folder, "node1")).toBe(false);
  });

  test.each([
    [["renew", "nobody"], 1, "No certificate was ever issued to nobody"],
    [["renew", "ca"], 2, "cannot be called ca"],
    [["renew", "node1", "--name", "x"], 2, "--name is for the collector"],
    [["renew"], 2, "expected the name of one node"],
  ])("%j is refused", async (args, code, message) => {
    const folder = await makePki(["node1"]);
    const result = await mlctl("pki", ...args, "--dir", folder);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
  });
});

test("issues no second certificate for a node while the first is valid, wherever its files are", async () => {
  const folder = await makePki(["node1"]);
  for (const name of ["node1.crt", "node1.key"]) await rm(join(folder, name));
  const result = await mlctl("pki", "issue", "node1", "--dir", folder);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("mlctl pki renew node1");
  await pkiDo(folder, "revoke", "node1");
  await pkiDo(folder, "issue", "node1");
  expect(await opensslRefuses(folder, "node1")).toBe(false);
});

test("keeps all records when many run at once", async () => {
  const folder = await makePki(["gone"]);
  const nodes = Array.from({ length: 8 }, (_, i) => `node${i}`);
  const others = [["revoke", "gone"], ["list"], ["renew", "collector"], ["list"]];
  await Promise.all([...nodes.map((node) => ["issue", node]), ...others].map((args) => pkiDo(folder, ...args)));
  const rows = await list(folder);
  expect(rows.map(([name]) => name)).toEqual(["ca", "collector", "collector", "gone", ...nodes]);
  expect(new Set(rows.map(([, serial]) => serial)).size).toBe(rows.length);
  expect(await opensslRefuses(folder, "gone")).toBe(true);
});
