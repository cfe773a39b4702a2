import { describe, expect, test } from "vitest";
import { Browser, signedIn, startWeb } from "../../support/web.ts";

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
