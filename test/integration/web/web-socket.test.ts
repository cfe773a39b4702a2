import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { afterwards } from "../../support/cleanup.ts";
import { startReverseProxy, whyNoProxy } from "../../support/reverse-proxy.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { Browser, startWeb, type WebFixtureOptions } from "../../support/web.ts";

const LOGIN = { user: "alice", password: "right" };

/** A collector on a unix socket, for a proxy that browsers know under this address. */
async function startOnSocket(url: string, options: WebFixtureOptions = {}) {
  const path = options.listen !== undefined && "path" in options.listen ? options.listen.path : undefined;
  const socket = path ?? join(await tempFolder(), "web.sock");
  const uiFolder = await tempFolder();
  mkdirSync(join(uiFolder, "assets"));
  writeFileSync(join(uiFolder, "index.html"), "<!doctype html><html><head><title>viewer</title></head></html>");
  writeFileSync(join(uiFolder, "assets", "main.js"), "export {};");
  const proxied = { url, addresses: "socket" as const };
  return { socket, ...(await startWeb({ listen: { path: socket }, proxied, uiFolder, ...options })) };
}

async function ask(socket: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
  const method = body === undefined ? "GET" : "POST";
  const asked = request({ socketPath: socket, path, method, headers: { host: "logs.example.org", ...headers } });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(asked, "response");
  return { status: response.statusCode, body: await text(response) };
}

describe("a collector on a unix socket", () => {
  const url = "https://logs.example.org";
  const own = { origin: url, "content-type": "application/json" };

  test("takes the client's address from its proxy, and shares its attempts by it", async () => {
    const { socket, audited } = await startOnSocket(url);
    const from = (address: string, password: string) =>
      ask(socket, "/api/login", { ...own, "x-forwarded-for": `192.0.2.9, ${address}` }, { ...LOGIN, password });
    for (let i = 0; i < 5; i += 1) expect((await from("198.51.100.1", "wrong")).status).toBe(401);
    expect((await from("198.51.100.1", "right")).status).toBe(429);
    expect((await from("198.51.100.2", "right")).status).toBe(204);
    const addresses = audited.filter(({ event }) => event === "login").map(({ address }) => address);
    expect([...new Set(addresses)]).toEqual(["198.51.100.1", "198.51.100.2"]);
    expect((await ask(socket, "/api/login", own, LOGIN)).status).toBe(204);
  });

  test("does not confuse the connections of its proxy: each has a place of its own", async () => {
    const { socket } = await startOnSocket(url, { limits: { webConnections: 3, webConnectionsPerAddress: 1 } });
    const held = [connect({ path: socket }), connect({ path: socket })];
    for (const one of held) afterwards(() => void one.destroy());
    await Promise.all(held.map((one) => once(one, "connect")));
    expect((await ask(socket, "/healthz")).status).toBe(200);
    expect(held.map(({ destroyed }) => destroyed)).toEqual([false, false]);
  });

  test("lets nobody but its own user connect, or one group", async () => {
    const alone = await startOnSocket(url);
    expect(statSync(alone.socket).mode & 0o777).toBe(0o600);
    const shared = await startOnSocket(url, { socketGroup: "games" });
    const acl = execFileSync("getfacl", ["--absolute-names", shared.socket], { encoding: "utf8" });
    expect(acl.split("\n").filter((line) => /^[a-z]/.test(line))).toEqual([
      "user::rw-",
      "group::---",
      "group:games:rw-",
      "mask::rw-",
      "other::---",
    ]);
    await expect(startOnSocket(url, { socketGroup: "no-such-group" })).rejects.toThrow(
      /^Cannot let group no-such-group connect to .*web\.sock: there is no such group/,
    );
  });

  test("replaces the socket of a killed collector, and neither a served one nor another file", async () => {
    const path = join(await tempFolder(), "web.sock");
    const killed = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", killed]);
    expect(existsSync(path)).toBe(true);
    const { socket, stop } = await startOnSocket(url, { listen: { path } });
    await expect(startOnSocket(url, { listen: { path } })).rejects.toThrow(/EADDRINUSE/);
    expect((await ask(socket, "/healthz")).status).toBe(200);
    await stop();
    writeFileSync(path, "precious");
    await expect(startOnSocket(url, { listen: { path } })).rejects.toThrow(/EADDRINUSE/);
    expect(statSync(path).size).toBe(8);
  });
});

describe.each(["nginx", "caddy", "haproxy"])("behind %s, on a unix socket below a path", (name) => {
  const reason = whyNoProxy(name);

  test("the viewer, logins and live viewing work, and no client names its own address", async (context) => {
    if (reason !== undefined) return context.skip(reason);
    const socket = join(await tempFolder(), "web.sock");
    const { port } = await startReverseProxy(name, socket);
    const origin = `http://127.0.0.1:${port}`;
    const { audited } = await startOnSocket(`${origin}/logs`, { listen: { path: socket } });
    const browser = new Browser(origin);
    expect((await browser.get("/logs")).headers.get("location")).toMatch(/\/logs\/$/);
    expect((await browser.get("/logs/")).text).toContain('<base href="/logs/" />');
    expect((await browser.get("/logs/assets/main.js")).status).toBe(200);
    for (const headers of [
      { "x-forwarded-for": "198.51.100.1" },
      { "x-forwarded-for": "198.51.100.1", connection: "close, X-Forwarded-For" },
      { "X-Forwarded-For ": "198.51.100.1" },
      { forwarded: "for=198.51.100.1", "x-real-ip": "198.51.100.1" },
    ]) {
      const answer = await raw(port, "/logs/api/login", { ...headers, origin }, JSON.stringify(LOGIN));
      expect(answer, JSON.stringify(headers)).toMatch(/^HTTP\/1\.1 (204|400) /);
    }
    const addresses = audited.filter(({ event }) => event === "login").map(({ address }) => address);
    expect(new Set(addresses)).toEqual(new Set(["127.0.0.1"]));
    expect((await browser.post("/logs/api/login", LOGIN)).status).toBe(204);
    expect((await browser.get("/logs/api/me")).json).toMatchObject({ user: "alice" });
    const live = new WebSocket(`ws://127.0.0.1:${port}/logs/live`, { headers: { origin, cookie: browser.cookie } });
    afterwards(() => live.terminate());
    await once(live, "open");
  });
});

/** One request as it is written, with headers that fetch would not send. */
async function raw(port: number, path: string, headers: Record<string, string>, body: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  afterwards(() => void socket.destroy());
  const fields = Object.entries({
    host: "127.0.0.1",
    connection: "close",
    "content-type": "application/json",
    ...headers,
  });
  const head = [`POST ${path} HTTP/1.1`, ...fields.map(([key, value]) => `${key}: ${value}`)];
  // Without a half-close, which a proxy takes for the client's end.
  socket.write(`${[...head, `content-length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n${body}`);
  return text(socket);
}
