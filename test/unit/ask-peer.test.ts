import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { askPeer } from "../../src/fleet/peers/ask-peer.ts";
import { Peers } from "../../src/fleet/peers/peers.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { readPrivateWord } from "../../src/host/private-file.ts";
import type { OrderOf } from "../../src/wire/fleet/order.ts";
import { afterwards } from "../support/cleanup.ts";
import { FLEET, newRun } from "../support/fleet-keys.ts";
import { makeCertificate } from "../support/own-certificate.ts";
import { poll } from "../support/poll.ts";
import { tempFolder } from "../support/temp-folder.ts";

const THEIRS = "a".repeat(64);
let folder: string;
let ca: string;
let url: string;
/** What the joined collector answers with. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let asked: IncomingMessage[];
let answered: number;

beforeAll(async () => {
  folder = await tempFolder();
  const { cert, key } = makeCertificate(folder, "peer");
  ca = readFileSync(cert, "utf8");
  const server = createServer({ cert: ca, key: readFileSync(key) }, (request, response) => {
    asked.push(request);
    response.once("close", () => {
      answered += 1;
    });
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  [asked, answered] = [[], 0];
});

function json(status: number, value: unknown): typeof answer {
  return (_, response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

const peer = (more = {}) => ({ name: "berlin", url, token: "mlt_token", ca, ...more });
const REQUEST = { method: "GET", path: "/services", withinMs: 5_000, maxBytes: 1_000 } as const;

describe("a joined collector", () => {
  test("is asked with the token, and with the word that it passes nothing on", async () => {
    answer = json(200, { a: 1 });
    expect(await askPeer(peer(), REQUEST)).toMatchObject({ is: "answer", status: 200, value: { a: 1 } });
    expect(asked[0]?.headers).toMatchObject({ authorization: "Bearer mlt_token", "marcologger-passed-on": "1" });
    expect(asked[0]?.url).toBe("/api/services");
  });

  test("with another certificate gets nothing", async () => {
    const other = readFileSync(makeCertificate(folder, "other").cert, "utf8");
    for (const wrong of [{ ca: other }, { ca: undefined }])
      expect(await askPeer(peer(wrong), REQUEST)).toMatchObject({ is: "none", wasSent: false });
    expect(asked).toEqual([]);
  });

  test("that sends us elsewhere is not followed: the token is for this address alone", async () => {
    answer = (_, response) => void response.writeHead(302, { location: `${url}/api/else` }).end();
    expect(await askPeer(peer(), REQUEST)).toMatchObject({ is: "answer", status: 302 });
    expect(asked).toHaveLength(1);
  });

  test("that says too much, or nothing, is given up; it may have taken what was sent", async () => {
    answer = (_, response) => void response.end("x".repeat(100_000));
    expect(await askPeer(peer(), REQUEST)).toMatchObject({
      why: "it answers with more than 1000 bytes",
      wasSent: true,
    });
    answer = (_, response) => void response.write("{");
    expect(await askPeer(peer(), { ...REQUEST, withinMs: 300 })).toMatchObject({ is: "none", wasSent: true });
    answer = (_, response) => void response.destroy();
    expect(await askPeer(peer(), REQUEST)).toMatchObject({ is: "none", wasSent: true });
  });
});

function joined(...peers: readonly ReturnType<typeof peer>[]) {
  const clock = { nowMs: 0 };
  const metrics = createMetrics();
  const log = { event: () => undefined };
  const pending = (): number => asked.length - answered;
  return { pending, peers: new Peers({ peers, id: FLEET, log, metrics, nowMs: () => clock.nowMs }), metrics, clock };
}

const COMMAND = { node: "node9", owner: "first.last", run: newRun(), x: newRun(), sinceMs: 1 };

describe("what joined collectors offer", () => {
  const offered = { id: THEIRS, services: [{ name: "hello", nodes: ["node9"] }] };

  test("is asked for once in ten seconds, whoever asks, and their words are checked", async () => {
    answer = json(200, {
      id: THEIRS,
      services: [
        ...offered.services,
        { name: "../etc", nodes: ["node9"] },
        { name: "far", nodes: ["node9"], at: { peer: "x", fleet: FLEET } },
        { name: "none", nodes: ["\u001b[2J"] },
        { name: "first.last/lab", nodes: ["node9"], commands: [COMMAND, { ...COMMAND, x: "no id" }] },
      ],
    });
    const { peers, clock } = joined(peer());
    const [first, second] = await Promise.all([peers.offers(), peers.offers()]);
    expect(first).toEqual({
      services: [
        { name: "hello", nodes: ["node9"], at: { peer: "berlin", fleet: THEIRS } },
        { name: "first.last/lab", nodes: ["node9"], commands: [COMMAND], at: { peer: "berlin", fleet: THEIRS } },
      ],
      missing: [],
    });
    expect(second).toEqual(first);
    expect(await peers.of(THEIRS)).toBe("berlin");
    expect(asked).toHaveLength(1);
    clock.nowMs = 10_000;
    await peers.offers();
    await poll("the next request", () => asked.length === 2);
  });

  test("is answered at once from the last list, also while it swallows requests; later the silent ones are named", async () => {
    answer = json(200, offered);
    const { peers, clock, pending } = joined(peer());
    const known = await peers.offers();
    answer = () => undefined;
    clock.nowMs = 10_000;
    // The peer never answers these: a caller that waited for it would take 3 s.
    for (let i = 0; i < 3; i += 1) expect(await peers.offers()).toEqual(known);
    await poll("one request for all three", () => asked.length === 2);
    expect(pending()).toBe(1);
    const missing = await poll("the fault", async () => (await peers.offers()).missing[0]);
    expect(missing).toEqual({ peer: "berlin", why: "it has not answered within 3 s" });
    answer = json(200, offered);
    clock.nowMs = 20_000;
    expect((await peers.offers()).missing).toEqual([missing]);
    await poll("what it offers now", async () => (await peers.offers()).services.length === 1);
  });

  test("is waited for if the last list is minutes old", async () => {
    answer = json(200, offered);
    const { peers, clock } = joined(peer());
    await peers.offers();
    answer = json(200, { ...offered, services: [] });
    clock.nowMs = 300_000;
    expect((await peers.offers()).services).toEqual([]);
  });

  test("a collector that says that another one's fleet is its own gets no call for what that one offers", async () => {
    answer = (request, response) => {
      const name = request.headers.authorization === "Bearer mallory" ? "lure" : "hello";
      json(200, { id: THEIRS, services: [{ name, nodes: ["node9"] }] })(request, response);
    };
    const { peers } = joined(peer({ name: "mallory", token: "mallory" }), peer());
    const { services } = await peers.offers();
    expect(services.map(({ name, at }) => `${name} of ${at?.peer}`)).toEqual(["lure of mallory", "hello of berlin"]);
    expect(await peers.of(THEIRS, "berlin")).toBe("berlin");
    expect(await peers.of(THEIRS)).toBeUndefined();
    expect(await peers.of("b".repeat(64), "mallory")).toBeUndefined();
  });

  test.each<[string, () => typeof answer, RegExp]>([
    ["our own fleet", () => json(200, { ...offered, id: FLEET }), /is this collector/],
    ["no fleet", () => json(404, { error: { code: "not_found", message: "x" } }), /berlin answers with 404/],
    [
      "no token of ours",
      () => json(401, { error: { code: "unauthorized", message: "x" } }),
      /tokens create NAME --scope peer/,
    ],
    ["a page", () => (_, response) => void response.end("<html>"), /not as a collector/],
  ])("of one with %s is nothing, and it is named", async (_, made, why) => {
    answer = made();
    const { peers, metrics } = joined(peer());
    expect(await peers.offers()).toEqual({
      services: [],
      missing: [{ peer: "berlin", why: expect.stringMatching(why) }],
    });
    expect(await peers.of(THEIRS)).toBeUndefined();
    expect(await metrics.text()).toContain("\nml_fleet_peer_failures_total 1\n");
  });
});

describe("a call that is passed on", () => {
  const ORDER: OrderOf<"call"> = {
    ...{ v: 1, kind: "call", fleet: THEIRS, run: newRun(), user: "alice", nodes: ["node9"] },
    ...{ issued: 1, expires: 2, via: "ssh", service: "hello", input: "{}" },
  };
  const signed = { order: "the order", sig: "sig" };
  const call = ({ peers }: ReturnType<typeof joined>, order = ORDER, signal = new AbortController().signal) =>
    peers.call("berlin", order, { signed, withinMs: 1_000, signal });
  const view = { run: ORDER.run, node: "node9", state: "finished", why: "", text: "", code: 0, output: "1" };

  test("goes there as it was signed, and the answer is the node's", async () => {
    let body = "";
    answer = (request, response) => {
      request.on("data", (piece) => (body += piece));
      request.on("end", () => json(200, view)(request, response));
    };
    const site = joined(peer());
    expect(await call(site)).toEqual({ is: "called", call: view });
    expect(JSON.parse(body)).toEqual(signed);
    expect(await site.metrics.text()).toContain('ml_fleet_passed_calls_total{outcome="called"} 1');
  });

  test.each<[string, () => typeof answer, object]>([
    [
      "that it is refused",
      () => json(429, { error: { code: "too_many", message: "Too many" } }),
      { is: "refused", status: 429, message: "berlin: Too many" },
    ],
    ["that its token has ended", () => json(401, { error: { code: "unauthorized", message: "x" } }), { is: "failed" }],
    ["of another call", () => json(200, { ...view, run: newRun() }), { is: "failed" }],
    ["that it fails", () => json(500, { error: { code: "internal", message: "x" } }), { is: "failed" }],
    [
      "nothing, and may have it",
      () => (_, response) => void response.destroy(),
      { is: "called", call: { state: "silent", text: expect.stringContaining("berlin: ") } },
    ],
  ])("says, where the other collector says %s, so with its name", async (_, made, expected) => {
    answer = made();
    const passed = await call(joined(peer()));
    expect(passed).toMatchObject(expected);
    expect(JSON.stringify(passed)).toContain("berlin");
  });

  test("has not begun where nothing was reached", async () => {
    const passed = await call(joined(peer({ url: "https://127.0.0.1:9" })));
    expect(passed).toMatchObject({
      is: "failed",
      message: expect.stringMatching(/^Cannot reach berlin: .*ECONNREFUSED/),
    });
  });

  test("has 16 places for a user, and a caller who has gone frees theirs", async () => {
    answer = () => undefined;
    const site = joined(peer());
    const gone = new AbortController();
    const open = Array.from({ length: 16 }, () => call(site, { ...ORDER, run: newRun() }, gone.signal));
    expect(await call(site)).toEqual({ is: "busy" });
    const others = call(site, { ...ORDER, user: "bob" }, gone.signal);
    gone.abort();
    await Promise.all([...open, others]);
    answer = json(200, view);
    expect(await call(site)).toMatchObject({ is: "called" });
  });
});

test.each<[string, number, string, RegExp | undefined]>([
  ["of its owner alone", 0o600, "mlt_secret\n", undefined],
  ["that others read", 0o644, "mlt_secret", /for others as well: chmod 600/],
  ["that a group reads", 0o640, "mlt_secret", /for others as well/],
  ["with two words", 0o600, "mlt_secret and more", /does not hold one word/],
  ["that is empty", 0o600, "", /does not hold one word/],
])("a token in a file %s", (name, mode, text, fault) => {
  const path = join(folder, `token ${name}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  if (fault === undefined) {
    expect(readPrivateWord(path)).toBe("mlt_secret");
  } else {
    expect(() => readPrivateWord(path)).toThrow(fault);
    expect(() => readPrivateWord(path)).not.toThrow(/secret/);
  }
});
