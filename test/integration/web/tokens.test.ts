import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import WebSocket from "ws";
import { parseNewToken } from "../../../src/wire/token.ts";
import { afterwards } from "../../support/cleanup.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { Browser, signedIn, startWeb } from "../../support/web.ts";

const DAY_MS = 86_400_000;
const ASKED = { name: "mlctl on laptop", scopes: ["read", "search"], days: 30 };

async function newToken(browser: Browser, asked: Record<string, unknown> = ASKED): Promise<string> {
  const answer = await browser.post("/api/tokens", asked);
  const made = parseNewToken(answer.json);
  if (answer.status !== 201 || made === undefined) throw new Error(`Answered with ${answer.status}: ${answer.text}`);
  return made.token;
}

/** Asks with nothing but the token. */
function ask(origin: string, token: string, path: string, method = "GET", body = {}) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const init = method === "GET" ? { headers } : { headers, body: JSON.stringify(body) };
  return new Browser(origin).send(method, path, init);
}

test("a token reads and searches as its user, without cookie and origin, until it is given back", async () => {
  const { origin, archive, dataDir, audited } = await startWeb();
  const { x } = archive.add({ x: "01JDTC8V6CZ7M4V5X9Q2N3K4PW" });
  archive.add({ x: "01JDTC8V6CZ7M4V5X9Q2N3K4PX", owner: "bob" });
  const token = await newToken(await signedIn(origin, "alice"));
  expect((await ask(origin, token, "/api/me")).json).toEqual({ user: "alice", admin: false });
  const list = await ask(origin, token, "/api/executions");
  expect(list.json).toMatchObject({ executions: [{ x }] });
  expect(list.headers.getSetCookie()).toEqual([]);
  expect((await ask(origin, token, "/api/search", "POST", { what: { x }, pattern: "a" })).status).toBe(200);
  const stored = Buffer.concat(["sessions.db", "sessions.db-wal"].map((name) => readFileSync(join(dataDir, name))));
  expect(stored.includes(token)).toBe(false);
  expect(stored.includes(token.slice(4))).toBe(false);
  expect((await ask(origin, token, "/api/logout", "POST")).status).toBe(204);
  expect((await ask(origin, token, "/api/me")).status).toBe(401);
  const events = audited.filter(({ event }) => event === "token");
  expect(events).toMatchObject([
    { outcome: "ok", user: "alice", name: "mlctl on laptop", scopes: ["read", "search"], days: 30 },
    { outcome: "ended", user: "alice" },
  ]);
  expect(JSON.stringify(audited)).not.toContain(token);
});

test("a token does only what its scopes say, and makes no other token", async () => {
  const { origin, archive } = await startWeb();
  const execution = archive.add({ x: "01JDTC8V6CZ7M4V5X9Q2N3K4PW" });
  execution.state = "finished";
  const alice = await signedIn(origin, "alice");
  const [read, search, deletes] = [
    await newToken(alice, { ...ASKED, scopes: ["read"] }),
    await newToken(alice, { ...ASKED, scopes: ["search"] }),
    await newToken(alice, { ...ASKED, scopes: ["delete"] }),
  ];
  const what = { what: { x: execution.x }, pattern: "a" };
  expect(await ask(origin, read, "/api/search", "POST", what)).toMatchObject({
    status: 403,
    json: { error: { code: "scope" } },
  });
  for (const path of ["", `/${execution.x}`, `/${execution.x}/lines`, `/${execution.x}/raw`])
    expect((await ask(origin, search, `/api/executions${path}`)).status).toBe(403);
  for (const path of ["/api/holds", "/api/holds/release", "/api/prune"])
    expect((await ask(origin, read, path, "POST", { what: { x: execution.x }, olderThanMs: 0 })).status).toBe(403);
  expect((await ask(origin, deletes, "/api/holds", "POST", { what: { x: execution.x } })).status).toBe(403);
  expect((await ask(origin, read, `/api/executions/${execution.x}`, "DELETE")).status).toBe(403);
  expect((await ask(origin, deletes, `/api/executions/${execution.x}`, "DELETE")).status).toBe(204);
  expect((await ask(origin, read, "/api/tokens", "POST", ASKED)).status).toBe(403);
});

test.each([
  ["made up", () => "mlt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
  ["the id of a cookie", (cookie: string) => decodeURIComponent(cookie).split("=s:")[1]?.split(".")[0] ?? ""],
])("one that is %s is none, whatever else the request has", async (_, forged) => {
  const { origin } = await startWeb();
  const alice = await signedIn(origin, "alice");
  const authorization = `Bearer ${forged(alice.cookie)}`;
  expect((await alice.get("/api/me")).status).toBe(200);
  expect((await alice.get("/api/me", { authorization })).status).toBe(401);
});

test("a page of another site cannot use or make one", async () => {
  const { origin } = await startWeb();
  const alice = await signedIn(origin, "alice");
  expect((await alice.post("/api/tokens", ASKED, { origin: "http://evil.example" })).status).toBe(403);
  const token = await newToken(alice);
  const headers = { authorization: `Bearer ${token}`, origin: "http://evil.example" };
  expect((await new Browser(origin).send("POST", "/api/logout", { headers })).status).toBe(403);
});

test("ends on its day, used or not, and outlives the session that made it", async () => {
  const state = { nowMs: Date.parse("2026-11-20T00:00:00Z") };
  const { origin } = await startWeb({ wallMs: () => state.nowMs });
  const alice = await signedIn(origin, "alice");
  const token = await newToken(alice);
  await alice.post("/api/logout");
  state.nowMs += 30 * DAY_MS - 1_000;
  expect((await ask(origin, token, "/api/me")).status).toBe(200);
  state.nowMs += 1_000;
  expect((await ask(origin, token, "/api/me")).status).toBe(401);
});

test("logins do not push it out; it ends with the user's others, and its WebSockets with it", async () => {
  const { origin, dataDir, port } = await startWeb({ limits: { sessionsPerUser: 2 } });
  const first = await newToken(await signedIn(origin, "alice"));
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { authorization: `Bearer ${first}` } });
  afterwards(() => socket.terminate());
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  for (let i = 0; i < 3; i += 1) await signedIn(origin, "alice");
  expect((await ask(origin, first, "/api/me")).status).toBe(200);
  await (await signedIn(origin, "alice")).post("/api/logout", { everywhere: true });
  expect(await closed).toBe(4401);
  expect((await ask(origin, first, "/api/me")).status).toBe(401);
  const second = await newToken(await signedIn(origin, "alice"));
  const [command, ...args] = program("mlctl", "sessions", "end", "alice", "--data-dir", dataDir);
  expect((await run(command, args)).code).toBe(0);
  expect((await ask(origin, second, "/api/me")).status).toBe(401);
});

test.each([
  ["no name", { ...ASKED, name: "" }, /name: expected/],
  ["an unknown scope", { ...ASKED, scopes: ["read", "write"] }, /scopes: expected a list of read, search/],
  ["no end", { ...ASKED, days: 367 }, /days: expected a whole number from 1 to 366/],
])("%s is refused", async (_, asked, message) => {
  const { origin } = await startWeb();
  const answer = await (await signedIn(origin, "alice")).post("/api/tokens", asked);
  expect(answer).toMatchObject({ status: 400, text: expect.stringMatching(message) });
});

test("a user has at most 64", async () => {
  const { origin } = await startWeb();
  const alice = await signedIn(origin, "alice");
  for (let i = 0; i < 64; i += 1) await newToken(alice);
  expect((await alice.post("/api/tokens", ASKED)).status).toBe(429);
  expect((await (await signedIn(origin, "bob")).post("/api/tokens", ASKED)).status).toBe(201);
});
