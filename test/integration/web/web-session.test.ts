import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { afterwards } from "../../support/cleanup.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { Browser, signedIn, startWeb } from "../../support/web.ts";

const HOUR_MS = 3_600_000;
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
