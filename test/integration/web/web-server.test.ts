import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { type Agent, request } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectTls, type PeerCertificate } from "node:tls";
import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { afterwards } from "../../support/cleanup.ts";
import { makeCertificate } from "../../support/own-certificate.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { Browser, signedIn, startWeb } from "../../support/web.ts";

async function peerOf(port: number): Promise<PeerCertificate> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const peer = socket.getPeerCertificate();
  socket.destroy();
  return peer;
}

/** Undefined when the connection is dropped: a process's first fetch would never settle then. */
async function statusOf(url: string): Promise<number | undefined> {
  const answered = once(get(url, { agent: false }), "response");
  const [response] = await answered.catch(() => []);
  response?.resume();
  return response?.statusCode;
}

async function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; agent?: Agent },
) {
  const { body, ...init } = options;
  const sent = request(url, { rejectUnauthorized: false, ...init });
  sent.end(body);
  const [response] = await once(sent, "response");
  response.resume();
  await once(response, "end");
  return response;
}

describe("the web server", () => {
  test("serves https, with a cookie for https only", async () => {
    const { origin } = await startWeb({ tls: makeCertificate(await tempFolder(), "one") });
    const body = JSON.stringify({ user: "alice", password: "right" });
    const headers = { origin, "content-type": "application/json" };
    const response = await ask(`${origin}/api/login`, { method: "POST", headers, body });
    expect(response.statusCode).toBe(204);
    expect(response.headers["set-cookie"]?.[0]).toMatch(/^__Host-ml-.*; Secure; SameSite=Strict/);
  });

  test("leaves other services of its host alone: sends HSTS only if configured", async () => {
    const tls = makeCertificate(await tempFolder(), "one");
    const policyOf = async (options: { hstsSeconds?: number; tls?: typeof tls }) => {
      const { origin } = await startWeb(options);
      const url = `${origin}/healthz`;
      const response = options.tls === undefined ? await fetch(url) : await ask(url, {});
      return options.tls === undefined
        ? response.headers.get("strict-transport-security")
        : response.headers["strict-transport-security"];
    };
    expect(await policyOf({ tls })).toBeUndefined();
    expect(await policyOf({ tls, hstsSeconds: 600 })).toBe("max-age=600");
    expect(await policyOf({ hstsSeconds: 600 })).toBeNull();
  });

  test("answers to its own names only, so that a page cannot have its own name point here", async () => {
    const { port, metrics } = await startWeb({ names: ["logs.example.org"] });
    const statusFor = async (host: string, path = "/healthz", more: readonly string[] = []) => {
      const socket = connect({ port, host: "127.0.0.1" });
      afterwards(() => void socket.destroy());
      socket.write(`${[`GET ${path} HTTP/1.1`, `Host: ${host}`, ...more].join("\r\n")}\r\n\r\n`);
      const [data] = await once(socket, "data");
      socket.destroy();
      return String(data).split(" ")[1];
    };
    const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Origin: http://evil.example"];
    expect(await statusFor("logs.example.org")).toBe("200");
    expect(await statusFor(`localhost:${port}`)).toBe("200");
    expect(await statusFor("evil.example")).toBe("421");
    expect(await statusFor("evil.example", "/")).toBe("421");
    expect(await statusFor("evil.example", "/live", upgrade)).toBe("421");
    expect(await metrics.text()).toContain('ml_web_refused_total{reason="wrong_host"} 3');
  });

  test("works under a path of a host, whether its proxy strips the path or not, with a trailing slash or without", async () => {
    const uiFolder = await tempFolder();
    mkdirSync(join(uiFolder, "assets"));
    writeFileSync(join(uiFolder, "index.html"), "<!doctype html><html><head><title>viewer</title></head></html>");
    writeFileSync(join(uiFolder, "assets", "main.js"), "export {};");
    const proxied = { url: "http://127.0.0.1/logs", addresses: ["127.0.0.1"] };
    const { origin } = await startWeb({ uiFolder, proxied });
    const browser = new Browser(origin);
    const moved = await browser.get("/logs?job=train");
    expect([moved.status, moved.headers.get("location")]).toEqual([308, "/logs/?job=train"]);
    for (const path of ["/", "/logs/", "/logs/index.html", "/?job=train"]) {
      const page = await browser.get(path);
      expect([page.status, page.text], path).toEqual([200, expect.stringContaining('<base href="/logs/" />')]);
      expect(page.headers.get("content-security-policy")).toContain("base-uri 'self'");
    }
    for (const path of ["/assets/main.js", "/logs/assets/main.js"]) expect((await browser.get(path)).status).toBe(200);
    expect((await browser.get("/logsx/assets/main.js")).status).toBe(404);
    const ownOrigin = { origin: "http://127.0.0.1" };
    for (const prefix of ["", "/logs"]) {
      const { status, headers } = await browser.post(
        `${prefix}/api/login`,
        { user: "alice", password: "right" },
        ownOrigin,
      );
      expect([status, headers.getSetCookie().join()]).toEqual([204, expect.stringContaining("Path=/logs;")]);
      expect((await browser.get(`${prefix}/api/me`)).json).toMatchObject({ user: "alice" });
      const socket = new WebSocket(`${origin}${prefix}/live`, { headers: { ...ownOrigin, cookie: browser.cookie } });
      afterwards(() => socket.terminate());
      await once(socket, "open");
    }
  });

  test("does not let one address take all connections", async () => {
    const { origin, port, metrics } = await startWeb({ limits: { webConnections: 40, webConnectionsPerAddress: 10 } });
    const held = Array.from({ length: 40 }, () => connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" }));
    for (const socket of held) {
      afterwards(() => void socket.destroy());
      socket.on("error", () => {});
      socket.resume();
    }
    await poll("30 are refused", () => held.filter(({ destroyed }) => destroyed).length === 30);
    expect(await statusOf(`${origin}/healthz`)).toBe(200);
    expect(await metrics.text()).toContain('ml_web_refused_total{reason="too_many_connections"} 30');
  });

  test("keeps connections for addresses with a session, over a restart as well", async () => {
    const options = { dataDir: await tempFolder(), limits: { webConnections: 8 } };
    const first = await startWeb(options);
    await signedIn(first.origin, "alice");
    await first.stop();
    const { origin, port } = await startWeb(options);
    const held = Array.from({ length: 12 }, (_, i) =>
      connect({ port, host: "127.0.0.1", localAddress: `127.0.1.${i + 1}` }),
    );
    for (const socket of held) {
      afterwards(() => void socket.destroy());
      socket.on("error", () => {});
      socket.resume();
    }
    await poll("the surplus is refused", () => held.filter(({ destroyed }) => destroyed).length === 4);
    expect(await statusOf(`${origin}/healthz`)).toBe(200);
  });

  test("speaks TLS 1.2 or newer", async () => {
    const { port } = await startWeb({ tls: makeCertificate(await tempFolder(), "one") });
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const;
    const socket = connectTls({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      ciphers: "ALL@SECLEVEL=0",
      ...old,
    });
    await expect(once(socket, "secureConnect")).rejects.toThrow();
  });

  test("shows how long its certificate is valid", async () => {
    const tls = makeCertificate(await tempFolder(), "one");
    const { web } = await startWeb({ tls });
    const [watched, ...others] = web.certificates();
    const { serialNumber, validTo } = new X509Certificate(readFileSync(tls.cert));
    expect([watched, others]).toEqual([{ kind: "web", serial: serialNumber, validToMs: Date.parse(validTo) }, []]);
    expect([...(await startWeb()).web.certificates()]).toEqual([]);
  });

  test("loads a new certificate without a restart, and keeps the old one if the new one is invalid", async () => {
    const folder = await tempFolder();
    const tls = makeCertificate(folder, "one");
    const { web, port } = await startWeb({ tls });
    expect((await peerOf(port)).subject.CN).toBe("one");
    const next = makeCertificate(folder, "two");
    copyFileSync(next.cert, tls.cert);
    expect(() => web.reload()).toThrow();
    expect((await peerOf(port)).subject.CN).toBe("one");
    copyFileSync(next.key, tls.key);
    web.reload();
    expect((await peerOf(port)).subject.CN).toBe("two");
  });

  test("reports when it cannot listen", async () => {
    const { port } = await startWeb();
    await expect(startWeb({ listen: { host: "127.0.0.1", port } })).rejects.toThrow("EADDRINUSE");
  });

  test("shows everybody whether the collector is healthy", async () => {
    const reasons: string[] = [];
    const { origin } = await startWeb({ health: () => reasons });
    const anybody = new Browser(origin);
    const well = await anybody.get("/healthz");
    expect([well.status, well.json]).toEqual([200, { status: "ok", reasons: [] }]);
    reasons.push("cannot store: ENOSPC");
    const ill = await anybody.get("/healthz");
    expect([ill.status, ill.json]).toEqual([503, { status: "failing", reasons }]);
  });

  test("shows its figures, which name nodes, only with a token", async () => {
    const { origin } = await startWeb();
    expect((await new Browser(origin).get("/metrics")).status).toBe(404);
    const { origin: guarded } = await startWeb({ metricsToken: "0123456789abcdef" });
    const anybody = new Browser(guarded);
    expect((await anybody.get("/metrics")).status).toBe(401);
    const figures = await anybody.get("/metrics", { authorization: "Bearer 0123456789abcdef" });
    expect([figures.status, figures.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/plain")]);
    expect(figures.text).toContain("# TYPE ml_live_connections gauge");
  });

  test("serves the viewer: its page at the top alone, assets for ever, everything under a strict policy", async () => {
    const uiFolder = await tempFolder();
    mkdirSync(join(uiFolder, "assets"));
    writeFileSync(join(uiFolder, "index.html"), "<!doctype html><title>viewer</title>");
    writeFileSync(join(uiFolder, "icon.svg"), "<svg/>");
    writeFileSync(join(uiFolder, "assets", "main-abc123.js"), "export {};");
    writeFileSync(join(uiFolder, "..secret"), "no");
    const { origin } = await startWeb({ uiFolder });
    const browser = new Browser(origin);
    for (const path of ["/", "/?job=train"]) {
      const { status, text, headers } = await browser.get(path, { accept: "text/html" });
      expect([status, text]).toEqual([200, "<!doctype html><title>viewer</title>"]);
      expect(headers.get("cache-control")).toBe("no-cache");
      const policy = headers.get("content-security-policy") ?? "";
      for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
        expect(policy).toContain(part);
      }
      expect(policy).not.toContain("unsafe");
      expect(policy).toContain(`connect-src 'self' ws://${origin.slice("http://".length)};`);
    }
    const asset = await browser.get("/assets/main-abc123.js");
    expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect((await browser.get("/icon.svg")).headers.get("cache-control")).toBe("no-cache");
    for (const path of ["/assets/missing.js", "/assets/", "/some/route", "/jobs/x"]) {
      expect((await browser.get(path, { accept: "text/html" })).json).toMatchObject({ error: { code: "not_found" } });
    }
    for (const path of ["/..%2f..%2fetc%2fpasswd", "/assets/..%2f..%2f..%2fetc/passwd", "/..secret"]) {
      const { text } = await browser.get(path);
      expect(text).toMatch(/viewer|not_found/);
    }
  });

  test("reports a viewer that was not built", async () => {
    const { origin } = await startWeb({ uiFolder: "/nonexistent" });
    const { status, json } = await new Browser(origin).get("/", { accept: "text/html" });
    expect([status, json]).toEqual([404, { error: { code: "not_found", message: "There is no such page" } }]);
  });

  test("puts nothing of a forged Host into its policy", async () => {
    const { port } = await startWeb();
    const socket = connect({ port, host: "127.0.0.1" });
    afterwards(() => void socket.destroy());
    socket.write("GET /healthz HTTP/1.1\r\nHost: a;script-src *\r\nConnection: close\r\n\r\n");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(socket, "close");
    const text = Buffer.concat(chunks).toString();
    expect(text).toContain("421 Misdirected Request");
    expect(text.split("\r\n\r\n")[0]).not.toContain("script-src *");
  });

  test("upgrades only to WebSockets, and says so to a request for HTTP/2", async () => {
    const { port } = await startWeb();
    const socket = connect({ port, host: "127.0.0.1" });
    afterwards(() => void socket.destroy());
    const wish = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"];
    socket.write(`${["GET /healthz HTTP/1.1", "Host: 127.0.0.1", ...wish].join("\r\n")}\r\n\r\n`);
    const [head, body] = (await text(socket)).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1.1 426 Upgrade Required\r\n.*^Upgrade: websocket\r$/ms);
    expect(JSON.parse(body ?? "")).toMatchObject({ error: { code: "upgrade_required" } });
  });

  test("refuses connections above its limit, and serves again when there is room", async () => {
    const { port, origin } = await startWeb({ limits: { webConnections: 2 } });
    const sockets = [connect({ port, host: "127.0.0.1" }), connect({ port, host: "127.0.0.1" })];
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const third = connect({ port, host: "127.0.0.1" });
    third.resume();
    await once(third, "close");
    for (const socket of sockets) socket.destroy();
    await poll("it is served", async () => (await statusOf(`${origin}/healthz`)) === 200);
  });

  test("stops although a client is in the middle of a handshake", async () => {
    const { port, stop } = await startWeb({ tls: makeCertificate(await tempFolder(), "one") });
    const half = connect({ port, host: "127.0.0.1" });
    half.on("error", () => undefined);
    await once(half, "connect");
    const gone = once(half, "close");
    half.resume();
    await stop();
    await gone;
  });

  test("stops although a client holds its connection", async () => {
    const { port, stop, origin } = await startWeb();
    const idle = connect({ port, host: "127.0.0.1" });
    await once(idle, "connect");
    idle.write("GET /healthz HT");
    await new Browser(origin).get("/healthz");
    const gone = once(idle, "close");
    idle.resume();
    await stop();
    await gone;
    await expect(new Browser(origin).get("/healthz")).rejects.toThrow();
  });
});
