import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { makePki } from "../../support/ctl.ts";
import { freePort } from "../../support/free-port.ts";
import { makeCertificate } from "../../support/own-certificate.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { createTestUser, describeAsRoot, runAsRoot } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let pki: string;
beforeAll(async () => {
  pki = await makePki(["node1"]);
});

/** Checks a collector of this configuration beside what it needs: `KEY = VALUE`, strings quoted. */
async function check(settings: Readonly<Record<string, unknown>>, more: readonly string[] = [], tables = "") {
  const folder = await tempFolder();
  const [config, dataDir] = [join(folder, "collector.toml"), join(folder, "data")];
  await mkdir(dataDir);
  await chmod(dataDir, 0o777);
  const [relp, web] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const all = { "data-dir": dataDir, pki, relp, web, ...settings };
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  await writeFile(config, lines.join("") + tables);
  const user = more.includes("--user") ? [] : ["--user", userInfo().username];
  const [command, ...args] = program("mlctl", "check", "collector", "--config", config, ...user, ...more);
  return more.includes("--user") ? runAsRoot(command, args) : run(command, args);
}

test("a table in [nodes] whose name no certificate has is named, in any case of letters", async () => {
  const tables = (...names: string[]) => names.map((name) => `[nodes.${name}]\nusers = "directory"\n`).join("");
  const misspelt = await check({}, [], tables("node1", "nod1"));
  expect(misspelt.stdout).toMatch(
    /nodes +\[nodes\."nod1"\] of collector\.toml: no node has .*\n +next: name the table/,
  );
  expect(misspelt.code).toBe(0);
  expect((await check({}, [], tables("NODE1"))).stdout).toMatch(/nodes +1 of collector\.toml have certificates/);
});

test("a configuration that is not there is one finding, with where it is explained", async () => {
  const [command, ...args] = program("mlctl", "check", "collector", "--config", join(await tempFolder(), "none.toml"));
  const result = await run(command, [...args, "--user", userInfo().username]);
  expect(result.code).toBe(1);
  expect(result.stdout.match(/^FAILED +configuration .*\n +next: .*/gm)).toEqual([
    expect.stringMatching(/none\.toml: cannot be read: ENOENT.*\n +next: write it as systemd\/README\.md says/),
  ]);
});

test("a correct set-up passes", async () => {
  const result = await check({ "admin-group": "root" }, ["--quiet", "--unit", "none.service"]);
  expect(result).toEqual(expect.objectContaining({ code: 0, stdout: "", stderr: "" }));
});

describe("names what would keep it from working, with the next step", () => {
  test.each([
    [
      "a misspelt group",
      { "admin-group": "rooot" },
      /admin-group +there is no group rooot\n +next: correct its spelling/,
    ],
    [
      "a misspelt PAM service",
      { "pam-service": "no-such" },
      /no-such: logins would be checked by \/etc\/pam\.d\/other\n/,
    ],
    ["a misspelt key", { "data-dri": "/x" }, /configuration +.*data-dri: unknown key\n +next: correct/],
    [
      "an address of another machine",
      { relp: "192.0.2.77:2514" },
      /cannot listen on 192\.0\.2\.77:2514: EADDRNOTAVAIL/,
    ],
    [
      "no certificates",
      { pki: "/nonexistent" },
      /pki +\/nonexistent\/collector\.crt is not there\n +next: .*mlctl pki/,
    ],
    ["a data folder in which nothing can be made", { "data-dir": "/proc/sys" }, /cannot (be written|create a file)/],
  ])("%s", async (_, settings, message) => {
    const result = await check(settings);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(message);
  });

  test("a web certificate whose key is another's; its key that everybody can read", async () => {
    const folder = await tempFolder();
    const [cert, key] = [join(folder, "web.crt"), join(folder, "web.key")];
    await copyFile(join(pki, "collector.crt"), cert);
    await copyFile(join(pki, "node1.key"), key);
    const web = { "web-cert": cert, "web-key": key };
    expect((await check(web)).stdout).toMatch(/web-cert +.*web\.key is the key of another certificate/);
    await copyFile(join(pki, "collector.key"), key);
    await chmod(key, 0o644);
    const open = await check(web);
    expect(open).toMatchObject({ code: 0, stdout: expect.stringMatching(/^warning +web-cert +everybody can read /m) });
  });

  test("a port held by another process, at the unit's start; later the holder may be the collector itself", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    afterwards(() => void server.close());
    const address = server.address();
    const relp = `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    const starting = await check({ relp }, ["--unit", "none.service"]);
    expect(starting).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${relp} is in use by another process`),
    });
    expect(await check({ relp })).toMatchObject({ code: 0, stdout: expect.stringContaining("if it runs") });
  });

  test("a list of revoked certificates that is missing or cut", async () => {
    const folder = join(await tempFolder(), "pki");
    await mkdir(folder);
    for (const name of ["ca.crt", "collector.crt", "collector.key"])
      await copyFile(join(pki, name), join(folder, name));
    expect((await check({ pki: folder })).stdout).toMatch(/^warning +ca\.crl +.*nobody is revoked/m);
    await writeFile(join(folder, "ca.crl"), "-----BEGIN X509 CRL-----\nMIIB");
    expect((await check({ pki: folder })).stdout).toMatch(/^FAILED +ca\.crl /m);
  });
});

describe("joined collectors", () => {
  let [url, cert, folder, token] = ["", "", "", ""];
  let answer: { readonly status: number; readonly id?: string };
  let asked: IncomingHttpHeaders[];

  beforeAll(async () => {
    folder = await tempFolder();
    const pair = makeCertificate(folder, "berlin");
    cert = pair.cert;
    const server = createHttpsServer(
      { cert: await readFile(cert), key: await readFile(pair.key) },
      (request, response) => {
        asked.push(request.headers);
        response.writeHead(answer.status).end(JSON.stringify({ id: answer.id, services: [] }));
      },
    );
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    afterwards(() => void server.close());
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    token = join(folder, "token");
  });

  beforeEach(async () => {
    [answer, asked] = [{ status: 200, id: "a".repeat(64) }, []];
    await writeFile(token, "mlt_secret\n");
    await chmod(token, 0o600);
  });

  const checked = (more: readonly string[] = [], at = { url, token, ca: cert }) => {
    const table = Object.entries(at).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    return check({ fleet: "127.0.0.1:4222" }, more, `[peers.berlin]\n${table.join("")}`);
  };

  test("are asked with their token, and only by hand: no start waits for another machine", async () => {
    expect(await checked()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok +peers\.berlin +https:\S+ takes the token in \S+$/m),
    });
    expect(asked).toMatchObject([{ authorization: "Bearer mlt_secret", "marcologger-passed-on": "1" }]);
    expect((await checked(["--unit", "none.service"])).stdout).toMatch(/^ok +peers\.berlin +\S+token$/m);
    expect(asked).toHaveLength(1);
  });

  test.each<[string, () => Promise<unknown> | unknown, RegExp]>([
    ["a token that others read", () => chmod(token, 0o644), /^FAILED .*token is for others as well: chmod 600/m],
    ["no token", () => rm(token), /^FAILED .*there is no \S+token\n +next: .*mlctl tokens create NAME --scope peer/m],
    [
      "two words",
      () => writeFile(token, "a b"),
      /^FAILED .*does not hold one word\n +next: .*the token and nothing else/m,
    ],
  ])("keep the service from starting with %s", async (_, spoil, message) => {
    await spoil();
    for (const more of [[], ["--unit", "none.service"]])
      expect(await checked(more)).toMatchObject({ code: 1, stdout: expect.stringMatching(message) });
    expect(asked).toEqual([]);
  });

  test("keep the service from starting with an authority that is none", async () => {
    const { stdout } = await checked([], { url, token, ca: token });
    expect(stdout).toMatch(/^FAILED +peers\.berlin +\S+token is no certificate\n +next: copy the authority/m);
  });

  test.each<[string, typeof answer, RegExp]>([
    [
      "a token of another scope",
      { status: 403 },
      /berlin does not take this collector's token: an administrator there/,
    ],
    ["something that is no collector", { status: 404 }, /berlin answers with 404/],
  ])("that cannot be used are a warning: %s", async (_, given, message) => {
    answer = given;
    const { code, stdout } = await checked();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warning +peers\.berlin +https:\S+ cannot be used: /m);
    expect(stdout).toMatch(message);
  });

  test("that have our authority, or are not there, are a warning", async () => {
    const own = createHash("sha256")
      .update(await readFile(join(pki, "ca.crt")))
      .digest("hex");
    answer = { status: 200, id: own };
    expect((await checked()).stdout).toMatch(/^warning .*it is this collector, or has its authority/m);
    const away = await checked([], { url: `https://127.0.0.1:${await freePort()}`, token, ca: cert });
    expect(away).toMatchObject({ code: 0, stdout: expect.stringMatching(/^warning .*ECONNREFUSED/m) });
  });
});

describe("whose uids a node's are", () => {
  const uid = 4_000_000_001;

  test("names uids that mean another user here, with the setting to write", async () => {
    const passwd = join(await tempFolder(), "node1.passwd");
    await writeFile(
      passwd,
      `daemon:x:1:1::/:/bin/false\nzoe:x:${uid}:100::/:/bin/sh\nnobody:x:65534:1::/:/bin/false\n`,
    );
    const result = await check({}, ["--node-users", passwd]);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(
      /^warning +node's users +1 of 1 uids differ: uid 4000000001 is zoe there and nobody/m,
    );
    expect(result.stdout).toContain(`[nodes.NAME] users = "${passwd}"`);
  });

  test("users of a node's own map that cannot sign in here are named", async () => {
    const map = `[nodes."gpu1.example.org"]\nusers = { "${uid}" = "zoe" }\n[nodes.node2]\nusers = "directory"\n`;
    const result = await check({}, [], map);
    expect(result.stdout).toMatch(/^warning +users of gpu1\.example\.org +unknown here: zoe$/m);
    expect(result.stdout).toMatch(/^ok +users of node2 +as here$/m);
  });
});

describeAsRoot("as the collector's user", () => {
  test("a port below 1024, a key and a data folder that are root's are named", async () => {
    const user = await createTestUser("collector");
    const result = await check({ web: "127.0.0.1:443", "data-dir": "/root/data" }, ["--user", user.name]);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/^FAILED +web +127\.0\.0\.1:443: ports below 1024 are for root\n +next: .*README/m);
    expect(result.stdout).toMatch(/^FAILED +pki +the service cannot read .*collector\.key: EACCES/m);
    expect(result.stdout).toMatch(/^FAILED +data-dir +\/root\/data /m);
  });
});
