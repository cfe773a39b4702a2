import { statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMetrics } from "../../src/host/metrics.ts";
import { readMetricsToken } from "../../src/host/metrics-access.ts";
import { startMetricsServer } from "../../src/host/metrics-server.ts";
import { afterwards } from "../support/cleanup.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TOKEN = "0123456789abcdef0123";

function metricsWithOne() {
  const metrics = createMetrics();
  metrics.count("ml_things_total", "Things").inc(3);
  return metrics;
}

async function listeningAt(port: number | undefined, token: string | undefined) {
  const server = await startMetricsServer({
    listen: { host: "127.0.0.1", port: port ?? 0 },
    token,
    metrics: metricsWithOne(),
  });
  afterwards(() => server.stop());
  return `http://127.0.0.1:${server.port}`;
}

test("answers GET /metrics and nothing else", async () => {
  const origin = await listeningAt(0, undefined);
  const answer = await fetch(`${origin}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("ml_things_total 3")]);
  const others = [fetch(`${origin}/`), fetch(`${origin}/api/me`), fetch(`${origin}/metrics`, { method: "POST" })];
  expect((await Promise.all(others)).map(({ status }) => status)).toEqual([404, 404, 404]);
});

test.each([
  ["none", undefined],
  ["a wrong one", `Bearer ${TOKEN}x`],
  ["a part", `Bearer ${TOKEN.slice(1)}`],
  ["another scheme", `Basic ${TOKEN}`],
])("demands the configured token: refuses %s", async (_, authorization) => {
  const origin = await listeningAt(0, TOKEN);
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await fetch(`${origin}/metrics`, { headers });
  expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining("metrics-token-file")]);
  expect((await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
});

test("a unix socket is its owner's and group's, and stays with the collector that serves it", async () => {
  const path = join(await tempFolder(), "metrics.sock");
  const first = await startMetricsServer({ listen: { path }, token: undefined, metrics: metricsWithOne() });
  afterwards(() => first.stop());
  const second = startMetricsServer({ listen: { path }, token: undefined, metrics: metricsWithOne() });
  await expect(second).rejects.toThrow(/EADDRINUSE/);
  expect(statSync(path).mode & 0o777).toBe(0o660);
  const status = await new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: "/metrics" }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once("error", reject);
    asked.end();
  });
  expect(status).toBe(200);
});

test("leaves a file that is not a socket alone", async () => {
  const path = join(await tempFolder(), "precious");
  writeFileSync(path, "text");
  const started = startMetricsServer({ listen: { path }, token: undefined, metrics: metricsWithOne() });
  await expect(started).rejects.toThrow(/EADDRINUSE/);
  expect(statSync(path).size).toBe(4);
});

test.each([
  ["short", "0123456789"],
  ["two words", "0123456789 0123456789"],
  ["empty", "\n"],
])("a token file is refused that is %s, with what to do next", async (_, text) => {
  const tokenFile = join(await tempFolder(), "token");
  writeFileSync(tokenFile, text);
  expect(() => readMetricsToken({ listen: undefined, tokenFile })).toThrow(
    /16 characters or more.*openssl rand -hex 32/,
  );
  writeFileSync(tokenFile, `${TOKEN}\n`);
  expect(readMetricsToken({ listen: undefined, tokenFile })).toBe(TOKEN);
});
