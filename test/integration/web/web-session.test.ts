import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { asRecord } from "../../../src/wire/record.ts";
import { afterwards } from "../../support/cleanup.ts";
import { run } from "../../support/processes.ts";
import { program, ROOT } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { Browser, signedIn, startWeb } from "../../support/web.ts";

const HOUR_MS = 3_600_000;
const OF_PROXY = { origin: "http://logs.example.org" };

function clock() {
  const state = { nowMs: Date.parse("2026-11-20T00:00:00Z") };
  return { state, now: () => state.nowMs };
}

describe("a session", () => {
  test("begins with the right password, and a cookie that scripts and other sites cannot use", async () => {
    const { origin } = await startWeb();
    const browser = new Browser(origin);
    const { status, headers, text } = await browser.login("alice");
    expect([status, text]).toEqual([204, ""]);
    expect(headers.get("cache-control")).toBe("no-store");
    const cookie = headers.getSetCookie().join();
    expect(cookie).toMatch(/^ml-[0-9a-f]{8}=s%3A/);
    for (const attribute of ["HttpOnly", "SameSite=Strict", "Path=/"]) expect(cookie).toContain(attribute);
    expect(cookie).not.toMatch(/Secure|Domain/);
    expect((await browser.get("/api/me")).json).toEqual({ user: "alice", admin: false });
  });

  test.each([
    ["a wrong password", { user: "alice", password: "wrong" }, 401, "denied"],
    ["an unknown user", { user: "eve", password: "right" }, 401, "denied"],
    ["no password", { user: "alice" }, 400, "bad_request"],
    ["a number for a name", { user: 1, password: "right" }, 400, "bad_request"],
    ["a list", [], 400, "bad_request"],
    ["an endless password", { user: "alice", password: "x".repeat(1_025) }, 400, "bad_request"],
    ["an endless body", { user: "alice", password: "x".repeat(20_000) }, 413, "too_large"],
    ["no JSON", '{"user": "alice", "password": "secret', 400, "bad_request"],
    ["passwords that cannot be checked", { user: "alice", password: "unavailable" }, 503, "unavailable"],
    ["a wrong code", { code: "AAAAAAAAAAAAAAAAAAAAAA" }, 401, "denied"],
  ])("does not begin with %s", async (_, body, status, code) => {
    const { origin, events } = await startWeb();
    const browser = new Browser(origin);
    const answer = await browser.post("/api/login", body);
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ error: { code, message: expect.any(String) } });
    expect(answer.text).not.toContain("secret");
    expect(browser.cookie).toBe("");
    expect(events.join("\n")).not.toMatch(/wrong|right|secret/);
  });

  test("does not begin with a form, as other sites can send it", async () => {
    const { origin } = await startWeb();
    const headers = { "content-type": "text/plain" };
    expect((await new Browser(origin).post("/api/login", { user: "alice", password: "right" }, headers)).status).toBe(
      400,
    );
  });

  test("gets a new id at login, so that an id planted before is useless", async () => {
    const { origin } = await startWeb();
    const browser = await signedIn(origin, "alice");
    const first = browser.cookie;
    await browser.login("bob");
    expect(browser.cookie).not.toBe(first);
    expect((await new Browser(origin).get("/api/me", { cookie: first })).status).toBe(401);
    expect((await browser.get("/api/me")).json).toMatchObject({ user: "bob" });
  });

  test("is not opened by a made-up id", async () => {
    const { origin } = await startWeb();
    const { cookie } = await signedIn(origin, "alice");
    const [name] = cookie.split("=");
    for (const value of ["s%3Ax.y", randomUUID(), cookie.split("=")[1]?.replace(/.$/, "") ?? "", ""]) {
      expect((await new Browser(origin).get("/api/me", { cookie: `${name}=${value}` })).status).toBe(401);
    }
  });

  test("ends with the logout: the cookie is useless afterwards", async () => {
    const { origin } = await startWeb();
    const browser = await signedIn(origin, "alice");
    const stolen = browser.cookie;
    const { status, headers } = await browser.post("/api/logout");
    expect(status).toBe(204);
    expect(headers.getSetCookie().join()).toContain("Expires=Thu, 01 Jan 1970");
    expect((await new Browser(origin).get("/api/me", { cookie: stolen })).status).toBe(401);
  });

  test("logs out even without a session", async () => {
    const { origin } = await startWeb();
    expect((await new Browser(origin).post("/api/logout")).status).toBe(204);
  });

  test("survives a restart, without keys of others", async () => {
    const dataDir = await tempFolder();
    const first = await startWeb({ dataDir });
    const browser = await signedIn(first.origin, "alice");
    await first.stop();
    const second = await startWeb({ dataDir });
    expect((await new Browser(second.origin).get("/api/me", { cookie: browser.cookie })).status).toBe(200);
    const third = await startWeb();
    expect((await new Browser(third.origin).get("/api/me", { cookie: browser.cookie })).status).toBe(401);
  });

  test("keeps its secrets in files readable by the service only, and does not store ids", async () => {
    const { origin, dataDir } = await startWeb();
    const { cookie } = await signedIn(origin, "alice");
    for (const name of ["session-secret", "sessions.db", "sessions.db-wal"]) {
      expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
    }
    const id =
      decodeURIComponent(cookie.split("=")[1] ?? "")
        .slice(2)
        .split(".")[0] ?? "";
    const stored = Buffer.concat(["sessions.db", "sessions.db-wal"].map((name) => readFileSync(join(dataDir, name))));
    expect(id).toHaveLength(32);
    expect(stored.includes("alice")).toBe(true);
    expect(stored.includes(id)).toBe(false);
  });

  test("refuses to start with a truncated secret", async () => {
    const dataDir = await tempFolder();
    writeFileSync(join(dataDir, "session-secret"), "short");
    await expect(startWeb({ dataDir })).rejects.toThrow("is too short, remove it");
  });

  test("ends after long disuse, and in any case some days after the login", async () => {
    const { state, now } = clock();
    const { origin } = await startWeb({ wallMs: now, limits: { sessionIdleHours: 2, sessionDays: 1 } });
    const browser = await signedIn(origin, "alice");
    for (let hours = 1; hours < 24; hours += 1) {
      state.nowMs += HOUR_MS;
      expect((await browser.get("/api/me")).status).toBe(200);
    }
    state.nowMs += HOUR_MS;
    expect((await browser.get("/api/me")).status).toBe(401);
    const other = await signedIn(origin, "alice");
    state.nowMs += 2 * HOUR_MS;
    expect((await other.get("/api/me")).status).toBe(401);
  });

  test("ends some days after the login, though it may be unused for longer", async () => {
    const { state, now } = clock();
    const { origin } = await startWeb({ wallMs: now, limits: { sessionIdleHours: 48, sessionDays: 1 } });
    const browser = await signedIn(origin, "alice");
    state.nowMs += 24 * HOUR_MS;
    expect((await browser.get("/api/me")).status).toBe(401);
  });

  test("ends by the time of day, across a restart, whatever the clock said when the collector started", async () => {
    const { state, now: wallMs } = clock();
    const [dataDir, limits] = [await tempFolder(), { sessionIdleHours: 12 }];
    const first = await startWeb({ dataDir, limits, wallMs, nowMs: () => state.nowMs + 24 * HOUR_MS });
    const browser = await signedIn(first.origin, "alice");
    await first.stop();
    state.nowMs += 11 * HOUR_MS;
    const second = await startWeb({ dataDir, limits, wallMs, nowMs: wallMs });
    const again = new Browser(second.origin);
    again.cookie = browser.cookie;
    expect((await again.get("/api/me")).status).toBe(200);
    state.nowMs += 12 * HOUR_MS;
    expect((await again.get("/api/me")).status).toBe(401);
  });

  test("is one of a few for each user: the oldest ends", async () => {
    const { state, now } = clock();
    const { origin } = await startWeb({ wallMs: now, limits: { sessionsPerUser: 2 } });
    const browsers: Browser[] = [];
    const bob = await signedIn(origin, "bob");
    for (let i = 0; i < 3; i += 1) {
      state.nowMs += 1;
      browsers.push(await signedIn(origin, "alice"));
    }
    const answers = await Promise.all([...browsers, bob].map((browser) => browser.get("/api/me")));
    expect(answers.map(({ status }) => status)).toEqual([401, 200, 200, 200]);
  });

  test("records who signs in and who is refused, and never a password", async () => {
    const { origin, events, metrics } = await startWeb();
    const browser = new Browser(origin);
    await browser.login("alice", "guess");
    await browser.login("alice");
    await browser.post("/api/logout");
    expect(events).toEqual([
      'notice login denied {"user":"alice","address":"127.0.0.1"}',
      'info login {"user":"alice","address":"127.0.0.1"}',
      'info logout {"user":"alice","address":"127.0.0.1"}',
    ]);
    const text = await metrics.text();
    expect(text).toContain('ml_logins_total{outcome="denied"} 1');
    expect(text).not.toContain("alice");
  });
});

describe("signing out everywhere", () => {
  test("is refused without a session: nobody may believe that the others have ended", async () => {
    const { origin } = await startWeb();
    const [here, there] = [await signedIn(origin, "alice"), await signedIn(origin, "alice")];
    await here.post("/api/logout");
    here.cookie = "";
    expect((await here.post("/api/logout", { everywhere: true })).status).toBe(401);
    expect((await there.get("/api/me")).status).toBe(200);
  });

  test("ends all of the user's sessions and WebSockets, and nobody else's", async () => {
    const { origin, audited } = await startWeb();
    const [here, there, bob] = [
      await signedIn(origin, "alice"),
      await signedIn(origin, "alice"),
      await signedIn(origin, "bob"),
    ];
    const headers = { origin, cookie: there.cookie };
    const socket = new WebSocket(`${origin.replace("http", "ws")}/live`, { headers });
    afterwards(() => socket.terminate());
    await once(socket, "open");
    const closed = once(socket, "close");
    expect((await here.post("/api/logout", { everywhere: true })).status).toBe(204);
    expect((await closed)[0]).toBe(4401);
    expect((await there.get("/api/me")).status).toBe(401);
    expect((await bob.get("/api/me")).status).toBe(200);
    expect(audited.at(-1)).toMatchObject({ event: "logout", user: "alice", reason: "everywhere" });
  });
});

describe("an account that changes", () => {
  test("loses its WebSockets and sessions", async () => {
    const account = { uid: 1001, stamp: "1" };
    const authenticate = async () => ({ is: "accepted", user: "alice", ...account }) as const;
    const { origin } = await startWeb({ auth: { authenticate, account: async () => ({ ...account }) } });
    const browser = await signedIn(origin, "alice");
    account.stamp = "2";
    const headers = { origin, cookie: browser.cookie };
    const socket = new WebSocket(`${origin.replace("http", "ws")}/live`, { headers });
    const [, response] = await once(
      socket.on("error", () => {}),
      "unexpected-response",
    );
    expect(response.statusCode).toBe(401);
    socket.terminate();
    expect((await browser.get("/api/me")).status).toBe(401);
  });
});

describe("a login in two steps", () => {
  const asked = { error: { code: "second_step", message: "Code: " }, step: expect.any(String), isEcho: true };

  async function begun() {
    const web = await startWeb();
    const browser = new Browser(web.origin);
    const { status, json } = await browser.login("alice", "right and more");
    expect([status, json]).toEqual([401, asked]);
    expect((await browser.get("/api/me")).status).toBe(401);
    return { ...web, browser, step: String(asRecord(json)?.["step"]) };
  }

  test("signs in with the right reply", async () => {
    const { browser, step } = await begun();
    expect((await browser.post("/api/login", { step, reply: "123456" })).status).toBe(204);
    expect((await browser.get("/api/me")).json).toMatchObject({ user: "alice" });
  });

  test("fails with a wrong reply, and names the user in the audit", async () => {
    const { browser, step, audited } = await begun();
    expect((await browser.post("/api/login", { step, reply: "654321" })).json).toMatchObject({
      error: { code: "denied" },
    });
    expect((await browser.post("/api/login", { step, reply: "123456" })).status).toBe(401);
    expect(audited[0]).toMatchObject({ event: "login", outcome: "denied", user: "alice", by: "second-step" });
  });
});

describe("a refused login", () => {
  test.each([
    ["a wrong password", { user: "alice", password: "wrong" }],
    ["an unknown user", { user: "eve", password: "right" }],
    ["a wrong code", { code: "AAAAAAAAAAAAAAAAAAAAAA" }],
    ["an unknown step", { step: "x", reply: "y" }],
  ])("is answered after the same delay as all refusals: %s", async (_, body) => {
    const waited: number[] = [];
    const waitMs = async (ms: number) => void waited.push(ms);
    const { origin } = await startWeb({ waitMs, nowMs: () => 0 });
    expect((await new Browser(origin).post("/api/login", body)).status).toBe(401);
    expect(waited).toHaveLength(1);
    expect(waited[0]).toBeGreaterThanOrEqual(2_000);
    expect((await new Browser(origin).login("alice")).status).toBe(204);
    expect(waited).toHaveLength(1);
  });
});

test("mlctl sessions end ends a user's sessions at a running collector, and closes their WebSockets", async () => {
  const { origin, dataDir } = await startWeb();
  const [alice, bob] = [await signedIn(origin, "alice"), await signedIn(origin, "bob")];
  const headers = { origin, cookie: alice.cookie };
  const socket = new WebSocket(`${origin.replace("http", "ws")}/live`, { headers });
  afterwards(() => socket.terminate());
  await once(socket, "open");
  const closed = once(socket, "close");
  const [command, ...args] = program("mlctl", "sessions", "end", "alice", "--data-dir", dataDir);
  expect(await run(command, args)).toMatchObject({ code: 0, stdout: '1 session of "alice" ended\n' });
  expect((await closed)[0]).toBe(4401);
  expect((await alice.get("/api/me")).status).toBe(401);
  expect((await bob.get("/api/me")).status).toBe(200);
  const [, ...elsewhere] = program("mlctl", "sessions", "end", "alice", "--data-dir", "/nonexistent");
  const { code, stderr } = await run(command, elsewhere);
  expect([code, stderr]).toEqual([1, expect.stringContaining("Cannot end sessions in /nonexistent")]);
});

describe("a one-time code", () => {
  test("signs in once", async () => {
    const { origin, web } = await startWeb();
    const code = web.createLoginCode({ user: "alice", uid: 1001 }, 60_000);
    expect(Buffer.from(code, "base64url")).toHaveLength(16);
    const browser = new Browser(origin);
    expect((await browser.post("/api/login", { code })).status).toBe(204);
    expect((await browser.get("/api/me")).json).toMatchObject({ user: "alice" });
    expect((await new Browser(origin).post("/api/login", { code })).status).toBe(401);
  });

  test("expires", async () => {
    const { state, now } = clock();
    const { origin, web } = await startWeb({ nowMs: now });
    const code = web.createLoginCode({ user: "alice", uid: 1001 }, 60_000);
    state.nowMs += 60_000;
    expect((await new Browser(origin).post("/api/login", { code })).status).toBe(401);
  });
});

describe("logins that fail", () => {
  test("are throttled by address and user, and only failures count", async () => {
    const { state, now } = clock();
    const { origin } = await startWeb({ nowMs: now });
    const browser = new Browser(origin);
    for (let i = 0; i < 8; i += 1) expect((await browser.login("alice")).status).toBe(204);
    for (let i = 0; i < 5; i += 1) expect((await browser.login("alice", "wrong")).status).toBe(401);
    const throttled = await browser.login("alice");
    expect(throttled.status).toBe(429);
    expect(throttled.headers.get("retry-after")).toBe("60");
    expect(throttled.json).toMatchObject({ error: { code: "too_many" } });
    expect((await browser.login("bob")).status).toBe(204);
    state.nowMs += 60_000;
    expect((await browser.login("alice")).status).toBe(204);
  });

  test("are throttled by address, whatever the users, and fill no log", async () => {
    const { origin, events } = await startWeb();
    const browser = new Browser(origin);
    for (let i = 0; i < 10; i += 1) expect((await browser.login(`user${i}`, "wrong")).status).toBe(401);
    for (let i = 0; i < 20; i += 1) expect((await browser.login("alice")).status).toBe(429);
    expect(events.filter((event) => event.includes("throttled"))).toHaveLength(1);
  });

  test("never lock a user out at another address", async () => {
    const { origin } = await startWeb({ proxied: { url: "http://logs.example.org", addresses: ["127.0.0.1"] } });
    const from = (address: string, password: string) =>
      new Browser(origin).post("/api/login", { user: "alice", password }, { ...OF_PROXY, "x-forwarded-for": address });
    for (let i = 0; i < 6; i += 1) await from("198.51.100.1", "wrong");
    expect((await from("198.51.100.1", "right")).status).toBe(429);
    expect((await from("198.51.100.2", "right")).status).toBe(204);
    // The client's own entries come before the proxy's.
    expect((await from("198.51.100.2, 198.51.100.1", "right")).status).toBe(429);
  });

  test("count for the connecting peer, whatever clients other than the proxy forward", async () => {
    const { origin } = await startWeb({ proxied: { url: "http://logs.example.org", addresses: ["192.0.2.1"] } });
    const answers: number[] = [];
    for (let i = 0; i < 11; i += 1) {
      const headers = { ...OF_PROXY, "x-forwarded-for": `198.51.100.${i}` };
      const { status } = await new Browser(origin).post("/api/login", { user: `u${i}`, password: "guess" }, headers);
      answers.push(status);
    }
    expect(answers).toEqual([...Array(10).fill(401), 429]);
  });

  test("of a client that has gone before it was accepted count for nobody, whatever it forwards", async () => {
    const { origin, port, audited } = await startWeb({
      proxied: { url: "http://logs.example.org", addresses: ["192.0.2.1"] },
    });
    const { host } = new URL(origin);
    const body = JSON.stringify({ user: "alice", password: "guess" });
    const head = ["POST /api/login HTTP/1.1", `Host: ${host}`, "Origin: http://logs.example.org"];
    const fields = [
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "X-Forwarded-For: 198.51.100.1",
    ];
    const request = `${[...head, ...fields].join("\r\n")}\r\n\r\n${body}`;
    // While it runs, nothing is accepted. It ends with a reset.
    execFileSync("python3", ["test/fixtures/programs/reset_client.py", String(port)], { cwd: ROOT, input: request });
    expect((await new Browser(origin).post("/api/login", { user: "bob", password: "x" }, OF_PROXY)).status).toBe(401);
    const logins = audited.filter(({ event }) => event === "login").map(({ user, address }) => [user, address]);
    expect(logins).toEqual([["bob", "127.0.0.1"]]);
  });

  test("do not count if they could not be checked", async () => {
    const { origin } = await startWeb();
    const browser = new Browser(origin);
    for (let i = 0; i < 12; i += 1) expect((await browser.login("alice", "unavailable")).status).toBe(503);
  });

  test("cannot bypass the limit by being concurrent", async () => {
    const { origin } = await startWeb();
    const browser = new Browser(origin);
    const answers = await Promise.all(Array.from({ length: 30 }, () => browser.login("alice", "wrong")));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  });
});

describe("requests from elsewhere", () => {
  test.each([
    ["another site", "https://evil.example"],
    ["another port", "http://127.0.0.1:1"],
    ["https instead of http", "https://127.0.0.1"],
    ["a page without an origin", "null"],
  ])("are refused: %s", async (_, foreign) => {
    const { origin, metrics, audited } = await startWeb();
    const browser = await signedIn(origin, "alice");
    const answers = [
      await browser.post("/api/logout", {}, { origin: foreign }),
      await new Browser(origin).post("/api/login", { user: "alice", password: "right" }, { origin: foreign }),
    ];
    for (const { status, json } of answers) {
      expect([status, json]).toMatchObject([403, { error: { code: "foreign_origin" } }]);
    }
    expect((await browser.get("/api/me")).status).toBe(200);
    expect(await metrics.text()).toContain('ml_web_refused_total{reason="foreign_origin"} 2');
    const paths = audited.filter(({ reason }) => reason === "foreign-origin").map(({ path }) => path);
    expect(paths).toEqual(["/api/logout", "/api/login"]);
  });

  test("are refused when a proxy took them from TLS early data, which can be replayed", async () => {
    const { origin } = await startWeb();
    const browser = await signedIn(origin, "alice");
    const early = { "early-data": "1" };
    expect((await browser.post("/api/logout", {}, early)).json).toMatchObject({ error: { code: "too_early" } });
    expect((await browser.get("/api/me", early)).status).toBe(200);
  });

  test("need an origin with a session, and none without", async () => {
    const { origin } = await startWeb();
    const { cookie } = await signedIn(origin, "alice");
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ user: "alice", password: "right" });
    const script = new Browser(origin);
    expect((await script.send("POST", "/api/login", { headers: { ...headers, cookie }, body })).status).toBe(403);
    expect((await script.send("POST", "/api/login", { headers, body })).status).toBe(204);
  });

  test("count as our own behind a proxy, with a cookie for https only", async () => {
    const url = "https://logs.example.org";
    const { origin } = await startWeb({ proxied: { url, addresses: ["127.0.0.1"] } });
    const browser = new Browser(origin);
    const { status, headers } = await browser.post(
      "/api/login",
      { user: "alice", password: "right" },
      { origin: url, "x-forwarded-proto": "http" },
    );
    expect(status).toBe(204);
    expect(headers.getSetCookie().join()).toMatch(
      /^__Host-ml-[0-9a-f]{8}=.*; Path=\/;.*HttpOnly; Secure; SameSite=Strict/,
    );
    expect((await browser.post("/api/logout", {}, { origin: url })).status).toBe(204);
  });

  test("do not count as our own by the names that a proxy passes on", async () => {
    const { origin, port } = await startWeb({ proxied: { url: "https://logs.example.org", addresses: ["127.0.0.1"] } });
    for (const own of [origin, `http://localhost:${port}`, `https://127.0.0.1:${port}`, "http://logs.example.org"]) {
      expect((await new Browser(origin).post("/api/login", {}, { origin: own })).status, own).toBe(403);
    }
  });
});
