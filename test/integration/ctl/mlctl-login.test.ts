import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makePki } from "../../support/ctl.ts";
import { freePort } from "../../support/free-port.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";
import { Site } from "../../support/site.ts";
import { startWeb } from "../../support/web.ts";

test("asks for the password on a terminal without showing it, and keeps a token for this user alone", async () => {
  const { origin, archive, audited } = await startWeb();
  archive.add({ x: "01JDTC8V6CZ7M4V5X9Q2N3K4PW" });
  const mlctl = await RemoteMlctl.create();
  const login = mlctl.startOnTerminal(["login", origin, "--user", "alice", "--days", "7"]);
  await login.waitFor(/Password of alice at /);
  // A letter too many, taken back.
  login.stdin?.write("rightt\u007f\r");
  expect((await login.ended).code).toBe(0);
  expect(login.output()).toMatch(/Signed in as alice at http:\/\/127\.0\.0\.1:\d+, until \d{4}-\d\d-\d\d/);
  expect(login.output()).not.toContain("righ");
  expect(statSync(mlctl.loginFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(mlctl.loginFile, "utf8")).not.toContain("right");
  const listed = await mlctl.run(["ls"]);
  expect(listed).toMatchObject({ code: 0, stderr: "" });
  expect(listed.stdout).toContain("01JDTC8V6CZ7M4V5X9Q2N3K4PW\trunning\tnode1\ttrain\t");
  expect(audited).toContainEqual(expect.objectContaining({ event: "token", outcome: "ok", user: "alice", days: 7 }));
});

test("takes a one-time code from an address, and a second step from stdin", async () => {
  const { origin, web } = await startWeb();
  const code = web.createLoginCode({ user: "alice", uid: 1001 }, 60_000);
  const mlctl = await RemoteMlctl.create();
  expect(await mlctl.run(["login", `${origin}/#code=${code}`])).toMatchObject({ code: 0, stderr: "" });
  const again = await mlctl.run(["login", `${origin}/#code=${code}`]);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("The code is wrong, or it was used") });
  const answers = "right and more\n123456\n";
  expect(await mlctl.run(["login", origin, "--user", "alice"], answers)).toMatchObject({ code: 0, stderr: "" });
});

test.each([
  ["a wrong password", ["--user", "alice"], "wrong\n", 1, /User or password is wrong/],
  ["nobody who answers", ["--user", "alice"], "", 1, /Nobody answered/],
  ["a token for ever", ["--days", "4000"], "", 2, /--days: expected a whole number from 1 to 366/],
  ["an unknown option", ["--pasword", "x"], "", 2, /See `mlctl login --help`/],
])("does not sign in with %s", async (_, options, input, code, message) => {
  const { origin } = await startWeb();
  const mlctl = await RemoteMlctl.create();
  const result = await mlctl.run(["login", origin, ...options], input);
  expect(result).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
  expect(existsSync(mlctl.loginFile)).toBe(false);
});

test("Ctrl-C at the password leaves the terminal as it was, and signs nobody in", async () => {
  const { origin } = await startWeb();
  const mlctl = await RemoteMlctl.create();
  const login = mlctl.startOnTerminal(["login", origin, "--user", "alice"]);
  await login.waitFor(/Password/);
  login.stdin?.write("rig\u0003");
  expect((await login.ended).code).toBe(1);
  expect(login.output()).toContain("Interrupted");
  expect(existsSync(mlctl.loginFile)).toBe(false);
});

test("sends no password unencrypted, nor to anything but a collector", async () => {
  const mlctl = await RemoteMlctl.create();
  const open = await mlctl.run(["login", "http://logs.example.org"], "right\n");
  expect(open).toMatchObject({ code: 2, stderr: expect.stringContaining("expected https") });
  // Not even asked for: nobody would take it.
  const nobody = await mlctl.run(["login", `http://127.0.0.1:${await freePort()}`]);
  expect(nobody).toMatchObject({ code: 1, stderr: expect.stringMatching(/Cannot reach .*ECONNREFUSED/) });
});

test("a private authority is accepted by its fingerprint, and from then on only that one", async () => {
  const [pki, other] = [await makePki([], ["127.0.0.1"]), await makePki([], ["127.0.0.1"])];
  const port = await freePort();
  const tls = { cert: join(pki, "collector.crt"), key: join(pki, "collector.key") };
  const listen = { host: "127.0.0.1", port };
  const { origin, stop } = await startWeb({ tls, listen });
  const mlctl = await RemoteMlctl.create();
  const unknown = await mlctl.run(["login", origin, "--user", "alice"], "right\n");
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/is not known here: (\w\w:){31}\w\w/) });
  const [fingerprint = ""] = /(\w\w:){31}\w\w/.exec(unknown.stderr) ?? [];
  const wrong = await mlctl.run([
    "login",
    origin,
    "--user",
    "alice",
    "--fingerprint",
    fingerprint.replace(/^../, "00"),
  ]);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("has another fingerprint") });
  const asked = mlctl.startOnTerminal(["login", origin, "--user", "alice"]);
  await asked.waitFor(/Trust it .*\(yes\/no\)/);
  asked.stdin?.write("yes\r");
  await asked.waitFor(/Password/);
  asked.stdin?.write("right\r");
  expect((await asked.ended).code).toBe(0);
  expect((await mlctl.run(["ls"])).code).toBe(0);
  expect(await mlctl.run(["login", origin, "--user", "alice", "--ca", join(pki, "ca.crt")], "right\n")).toMatchObject({
    code: 0,
  });
  await stop();
  await startWeb({ listen, tls: { cert: join(other, "collector.crt"), key: join(other, "collector.key") } });
  const changed = await mlctl.run(["ls"]);
  expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining("not of the authority that was accepted") });
});

test("another login ends the token of the one before; a damaged file is replaced", async () => {
  const { origin, audited } = await startWeb();
  const mlctl = await RemoteMlctl.signedIn(origin, "alice");
  expect((await mlctl.run(["login", origin, "--user", "bob"], "right\n")).code).toBe(0);
  const tokens = audited.filter(({ event }) => event === "token");
  expect(tokens.map(({ outcome, user }) => `${outcome} ${user}`)).toEqual(["ok alice", "ok bob", "ended alice"]);
  writeFileSync(mlctl.loginFile, "{");
  expect(await mlctl.run(["ls"])).toMatchObject({ code: 1, stderr: expect.stringContaining("is damaged") });
  expect((await mlctl.run(["login", origin, "--user", "bob"], "right\n")).code).toBe(0);
});

test("works under a path of a proxy", async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  await startWeb({
    listen: { host: "127.0.0.1", port },
    proxied: { url: `${origin}/logs/`, addresses: ["127.0.0.1"] },
  });
  const mlctl = await RemoteMlctl.create();
  expect(await mlctl.run(["login", `${origin}/logs/`, "--user", "alice"], "right\n")).toMatchObject({ code: 0 });
  expect(await mlctl.run(["ls"])).toMatchObject({ code: 0, stdout: "" });
});

test("the built collector prints a code for it, and searches", async () => {
  const site = await Site.create();
  const [address = ""] = /http\S+#code=\S+/.exec(site.collector.output()) ?? [];
  const mlctl = await RemoteMlctl.create();
  expect(await mlctl.run(["login", address])).toMatchObject({ code: 0, stderr: "" });
  expect(await mlctl.run(["grep", "a"])).toMatchObject({ code: 1, stdout: "", stderr: "" });
  expect(await mlctl.run(["grep", "(a"])).toMatchObject({ code: 2, stderr: expect.stringContaining("unclosed group") });
});

test("logout ends the token there and here; without one, every command says what to do", async () => {
  const { origin } = await startWeb();
  const mlctl = await RemoteMlctl.signedIn(origin, "alice");
  const stolen = readFileSync(mlctl.loginFile, "utf8");
  expect(await mlctl.run(["logout"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(existsSync(mlctl.loginFile)).toBe(false);
  const without = await mlctl.run(["ls"]);
  expect(without).toMatchObject({ code: 1, stderr: "mlctl ls: You are not signed in. `mlctl login URL` does it\n" });
  writeFileSync(mlctl.loginFile, stolen);
  const ended = await mlctl.run(["ls"]);
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("Sign in again: mlctl login") });
});
