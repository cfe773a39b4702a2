import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { asRecord } from "../../../src/wire/record.ts";
import { ROOT } from "../../support/programs.ts";
import { Browser, startWeb } from "../../support/web.ts";

const OF_PROXY = { origin: "http://logs.example.org" };
function clock() {
  const state = { nowMs: Date.parse("2026-11-20T00:00:00Z") };
  return { state, now: () => state.nowMs };
}

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
