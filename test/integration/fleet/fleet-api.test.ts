import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Fleet } from "../../../src/fleet/fleet.ts";
import { executionOf } from "../../../src/orders/execution-of.ts";
import type { Answer } from "../../../src/wire/fleet/answer.ts";
import { type AskedNode, parseAskedNodes } from "../../../src/wire/fleet/asked-node.ts";
import { type FleetUpdate, parseFleetUpdate } from "../../../src/wire/fleet/node-view.ts";
import { encodeOrder, type Order, type OrderOf } from "../../../src/wire/fleet/order.ts";
import type { SignedOrder } from "../../../src/wire/fleet/signed-order.ts";
import { ApiClient } from "../../support/api-client.ts";
import { afterwards } from "../../support/cleanup.ts";
import { FakeAgent } from "../../support/fake-agent.ts";
import { makeFleetPki } from "../../support/fleet-broker.ts";
import { cancelOrder, FleetKey, newRun, runOrder } from "../../support/fleet-keys.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startWeb, type WebFixtureOptions } from "../../support/web.ts";

let fleet: Fleet;
let agent: FakeAgent;
let key: FleetKey;
let site: Awaited<ReturnType<typeof startWeb>>;
let alice: ApiClient;
let bob: ApiClient;

beforeAll(async () => {
  const pki = await makeFleetPki(["node1"]);
  const dataDir = await tempFolder();
  key = FleetKey.make(dataDir, "alice");
  fleet = newFleet({ pki, dataDir });
  agent = await FakeAgent.connect(await fleet.start(), { pki, node: "node1" });
  afterwards(() => fleet.stop());
  site = await startWeb({ fleet, peers: PEERS });
  alice = await signedIn("alice");
  bob = await signedIn("bob");
});

/** One joined collector, that cannot be reached. */
const FAR = "a".repeat(64);
const peersAsked: string[] = [];
const PEERS: WebFixtureOptions["peers"] = {
  offers: async () => {
    peersAsked.push("offers");
    return { services: [{ name: "far", nodes: ["node9"], at: { peer: "berlin", fleet: FAR } }], missing: [] };
  },
  of: async (fleet, wanted = "berlin") => {
    peersAsked.push("of");
    return fleet === FAR && wanted === "berlin" ? wanted : undefined;
  },
  call: async (peer) => {
    peersAsked.push(`call ${peer}`);
    return { is: "failed", message: "Cannot reach berlin: gone" };
  },
};

async function signedIn(user: string): Promise<ApiClient> {
  const client = new ApiClient(site.origin);
  expect(await client.login({ user, password: "right" })).toBe(204);
  return client;
}

function send(client: ApiClient, method: string, path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return client.request(path, { method, headers, body: JSON.stringify(body) });
}

const order = (more: Partial<OrderOf<"run">> = {}) => runOrder({ fleet: fleet.id, ...more });
const post = (client: ApiClient, of: OrderOf<"run">, by = key) => send(client, "POST", "/api/runs", by.signed(of));

async function stored(more: Partial<OrderOf<"run">> = {}): Promise<OrderOf<"run">> {
  const made = order(more);
  expect((await post(alice, made)).status).toBe(201);
  return made;
}

test("stores an order, shows it to its owner alone, and lists it", async () => {
  const made = order({ job: "train", argv: ["./train.sh"], env: ["SECRET=hidden"] });
  const answer = await post(alice, made);
  expect(answer.status).toBe(201);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({
    run: made.run,
    owner: "alice",
    job: "train",
    nodes: [{ state: "pending" }],
  });
  expect(text).not.toContain("hidden");
  expect((await alice.request(`/api/runs/${made.run}`)).status).toBe(200);
  for (const path of [`/api/runs/${made.run}`, `/api/runs/${made.run}?owner=alice`, "/api/runs/x"])
    expect((await bob.request(path)).status).toBe(404);
  const { runs } = await alice.json<{ runs: { run: string }[] }>("/api/orders?limit=1");
  expect(runs.map(({ run }) => run)).toEqual([made.run]);
  for (const [user, count] of [
    [alice, 1],
    [bob, 0],
  ] as const)
    expect((await user.json<{ runs: unknown[] }>(`/api/orders?run=${made.run}&owner=alice`)).runs).toHaveLength(count);
  expect(await bob.json("/api/orders?owner=alice")).toEqual({ runs: [], next: null });
  expect((await alice.json<{ nodes: unknown[] }>("/api/fleet")).nodes).toMatchObject([
    { node: "node1", state: "absent" },
  ]);
});

test("a list of large runs comes in pages that others can bear", async () => {
  const made: string[] = [];
  for (let i = 0; i < 8; i += 1)
    made.push(
      (await stored({ job: "large", argv: ["true", "x".repeat(130_000)], env: [`${"V".repeat(40_000)}=`] })).run,
    );
  const found: string[] = [];
  for (let before: string | undefined; ; ) {
    const answer = await alice.request(`/api/orders?limit=500${before === undefined ? "" : `&before=${before}`}`);
    const text = await answer.text();
    expect(text.length).toBeLessThan(1.5 * 2 ** 20);
    const { runs, next } = JSON.parse(text) as { runs: { run: string; job: string }[]; next: string | null };
    found.push(...runs.filter(({ job }) => job === "large").map(({ run }) => run));
    if (next === null) break;
    before = next;
  }
  expect(found).toEqual(made.toReversed());
});

test("a user follows so many runs at once, and a place is free again when a client goes", async () => {
  const { run } = await stored();
  const gone = new AbortController();
  const follow = () => alice.request(`/api/runs/${run}?follow=1`, { signal: gone.signal });
  const answers = await Promise.all(Array.from({ length: 64 }, follow));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await follow()).status).toBe(429);
  gone.abort();
  await poll("a free place", async () => {
    const again = new AbortController();
    const { status } = await alice.request(`/api/runs/${run}?follow=1`, { signal: again.signal });
    again.abort();
    return status === 200;
  });
});

describe("refuses what", () => {
  const day = 86_400_000;
  test.each<[string, () => Promise<Response>, number, RegExp]>([
    ["is for another user", () => post(bob, order()), 403, /is for alice, and you are signed in as bob/],
    ["has another fleet", () => post(alice, order({ fleet: "0".repeat(64) })), 400, /another fleet/],
    ["names a foreign node", () => post(alice, order({ nodes: ["node9"] })), 400, /No node of the fleet: node9/],
    ["says that the web signed it", () => post(alice, order({ via: "web" })), 400, /signature does not fit/],
    ["is from the future", () => post(alice, order({ issued: Date.now() + day })), 400, /from the future/],
    ["has expired", () => post(alice, order({ issued: Date.now() - day, expires: Date.now() - 1 })), 400, /expired/],
    ["is no order", () => send(alice, "POST", "/api/runs", { order: "{}", sig: "x" }), 400, /Cannot read the order/],
    ["is of another kind", () => send(alice, "POST", "/api/runs", key.signed(cancelOrder(order()))), 400, /kind run/],
    [
      "was changed",
      () => {
        const { order: text, sig } = key.signed(order());
        return send(alice, "POST", "/api/runs", { order: text.replace('"true"', '"trve"'), sig });
      },
      400,
      /signature does not fit/,
    ],
    [
      "has another purpose",
      () => {
        const { order: text } = key.signed(order());
        return send(alice, "POST", "/api/runs", { order: text, sig: key.sign(text, "file") });
      },
      400,
      /signature does not fit/,
    ],
  ])("%s", async (_, ask, status, message) => {
    const answer = await ask();
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(message)]);
  });

  test("comes from another site, or with a token that may not", async () => {
    const made = order();
    const foreign = await fetch(`${site.origin}/api/runs`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: alice.cookie, origin: "https://evil.example" },
      body: JSON.stringify(key.signed(made)),
    });
    expect(foreign.status).toBe(403);
    for (const [scopes, status] of [
      [["read", "search"], 403],
      [["run"], 201],
    ] as const) {
      const asked = await send(alice, "POST", "/api/tokens", { name: "t", scopes, days: 1 });
      const { token } = (await asked.json()) as { token: string };
      const answer = await fetch(`${site.origin}/api/runs`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify(key.signed(made)),
      });
      expect(answer.status).toBe(status);
    }
  });

  test("uses an id again for another order", async () => {
    const made = await stored();
    expect((await post(alice, made)).status).toBe(201);
    expect((await post(alice, { ...made, argv: ["false"] })).status).toBe(409);
  });
});

test("what fits into a message is read: 4,000 nodes in a question and a dry run, 65,536 characters in a call", async () => {
  const nodes = Array.from({ length: 4_000 }, (_, i) => `node${i + 1_000}`);
  const { v, run, user, issued } = order();
  const head = { v, fleet: fleet.id, run, user, issued, expires: issued + 30_000, via: "ssh" } as const;
  const call = (input: string): OrderOf<"call"> => ({
    ...head,
    kind: "call",
    nodes: ["node9"],
    service: "hello",
    input,
  });
  const unknown = /No node of the fleet: node/;
  const cases: [string, Order, RegExp][] = [
    ["asks", { ...head, kind: "ask", nodes, provider: "uptime", args: [] }, unknown],
    ["dry-runs", { ...order({ nodes }), kind: "check" }, unknown],
    // In the body, a quote takes four characters.
    ["calls", call('"x'.repeat(32_768)), unknown],
    ["calls", call('"'.repeat(65_536)), /196608 bytes at most/],
  ];
  for (const [path, made, message] of cases) {
    const answer = await send(alice, "POST", `/api/${path}`, key.signed(made));
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringMatching(message)]);
  }
});

test("a cancel is its owner's; another's run looks missing; it is audited with who signed", async () => {
  const made = await stored();
  const foreign = cancelOrder(made, { user: "bob", owner: "alice" });
  expect((await send(bob, "DELETE", `/api/runs/${made.run}`, key.signed(foreign))).status).toBe(404);
  const own = cancelOrder(made);
  expect((await send(alice, "DELETE", `/api/runs/${order().run}`, key.signed(own))).status).toBe(400);
  const answer = await send(alice, "DELETE", `/api/runs/${made.run}`, key.signed(own));
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ isDone: true, nodes: [{ state: "cancelled", by: "alice" }] });
  const records = site.audited.filter(({ event, run }) => event === "order" && run === made.run);
  expect(records.map(({ kind, user, outcome }) => [kind, user, outcome])).toEqual([
    ["run", "alice", "ok"],
    ["cancel", "bob", "refused"],
    ["cancel", "alice", "ok"],
  ]);
});

test("the audit has an order with its files, their upload and what was refused, each with who did it; no variable", async () => {
  const data = Buffer.from("eight by");
  const sha256 = createHash("sha256").update(data).digest("hex");
  const path = `/api/blobs/${sha256}?bytes=${data.length}&offset=0`;
  expect((await alice.request(path, { method: "PUT", body: data })).status).toBe(201);
  const file = { path: "~/input", sha256, bytes: data.length, mode: 0o600, overwrite: false, unpack: "" } as const;
  const more = { files: [file], env: ["TOKEN=hidden-value"] };
  const taken = await stored(more);
  expect((await post(bob, order(more))).status).toBe(403);
  const missing = order({ ...more, files: [{ ...file, sha256: "0".repeat(64) }] });
  expect((await post(alice, missing)).status).toBe(409);
  const of = { user: "alice", owner: "alice" };
  const signed = { ...of, event: "order", kind: "run", via: "ssh", nodes: ["node1"] };
  expect(site.audited.slice(-4)).toMatchObject([
    { ...of, event: "upload", outcome: "ok", sha256, bytes: data.length },
    { ...signed, outcome: "ok", run: taken.run, sender: "alice", files: [`${sha256} ~/input`] },
    { ...signed, outcome: "refused", reason: "forbidden", sender: "bob" },
    { ...signed, outcome: "refused", reason: "files", sender: "alice", run: missing.run },
  ]);
  expect(JSON.stringify(site.audited)).not.toMatch(/TOKEN|hidden-value/);
});

test("follows a run as lines of JSON to its end", async () => {
  const made = await stored();
  const answer = await alice.request(`/api/runs/${made.run}?follow=1`);
  expect(answer.headers.get("content-type")).toContain("ndjson");
  const text = answer.text();
  await send(alice, "DELETE", `/api/runs/${made.run}`, key.signed(cancelOrder(made)));
  const states = (await text)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).nodes[0].state);
  expect(states).toEqual(["pending", "cancelled"]);
});

test("follows several runs in one answer, which ends with the last of them", async () => {
  const made = [await stored(), await stored()];
  const names = made.map(({ run }) => run);
  const answer = await alice.request(`/api/orders?follow=${[...names, newRun()].join(",")}`);
  const text = answer.text();
  for (const each of made) await send(alice, "DELETE", `/api/runs/${each.run}`, key.signed(cancelOrder(each)));
  const states = (await text)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .map(({ run, nodes }) => `${names.indexOf(run)} ${nodes[0].state}`);
  expect(states.sort()).toEqual(["0 cancelled", "0 pending", "1 cancelled", "1 pending"]);
  for (const follow of ["nonsense", `${names[0]},`, Array(65).fill(names[0]).join(",")])
    expect((await alice.request(`/api/orders?follow=${follow}`)).status, follow).toBe(400);
  expect(await (await bob.request(`/api/orders?follow=${names.join(",")}`)).text()).toBe("");
});

test("nodes are asked to report while somebody follows, who gets all of them and then what has changed", async () => {
  const gone = new AbortController();
  expect(agent.watched).toBe(0);
  const { body } = await bob.request("/api/fleet?follow=1", { signal: gone.signal });
  const updates: FleetUpdate[] = [];
  const following = readUpdates(body, updates);
  await poll("the whole, and a request", () => updates.length > 0 && agent.watched > 0);
  expect(updates[0]).toMatchObject({ isWhole: true, nodes: [{ node: "node1" }] });
  for (const load of [1.25, 2.5]) {
    await agent.beSeen({ load });
    await poll(`load ${load}`, () => updates.at(-1)?.nodes[0]?.load === load);
  }
  expect(updates.slice(1).every(({ isWhole, nodes }) => !isWhole && nodes.length === 1)).toBe(true);
  gone.abort();
  await following;
  const [asked, { body: next }] = [agent.watched, await alice.request("/api/fleet?follow=1")];
  await poll("another request at once", () => agent.watched > asked);
  await next?.cancel();
});

/** A question to these nodes, and its body. */
function question(nodes: readonly string[] = ["node1"]): { readonly run: string; readonly signed: SignedOrder } {
  const { v, run, user, issued, expires } = order({ expires: Date.now() + 30_000 });
  const head = { v, kind: "ask", fleet: fleet.id, run, user, nodes, issued, expires, via: "ssh" } as const;
  return { run, signed: key.signed({ ...head, provider: "uptime", args: [] }) };
}

async function untilPresent(): Promise<void> {
  await poll("node1", async () => {
    await agent.beSeen();
    return fleet.view().nodes[0]?.state === "present";
  });
}

test("a client that hangs up makes room for the user's next question", async () => {
  await untilPresent();
  const ask = (within: number, signal?: AbortSignal): Promise<number> => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, ...(signal && { signal }) };
    const body = JSON.stringify(question().signed);
    return alice.request(`/api/asks?within=${within}`, { ...init, body }).then(({ status }) => status);
  };
  const gone = new AbortController();
  // Again where one that looks had the place.
  const hold = async (): Promise<number> => {
    const status = await ask(30_000, gone.signal).catch(() => 0);
    return status === 429 ? hold() : status;
  };
  const waiting = Array.from({ length: 4 }, hold);
  await poll("all four to be asked", async () => (await ask(1)) === 429);
  gone.abort();
  await poll("a place", async () => (await ask(1)) === 200);
  expect(await Promise.all(waiting)).toEqual([0, 0, 0, 0]);
});

test("who follows a question has START of a node while it looks, and then its answer", async () => {
  await untilPresent();
  const { run, signed } = question();
  const answered = send(alice, "POST", "/api/asks?follow=1&within=30000", signed);
  await poll("the question", () => agent.orders.find((each) => each.run === run));
  const head = { v: 1, user: "alice", digest: createHash("sha256").update(signed.order).digest("hex") } as const;
  const say = (state: Answer["state"], rows: Answer["rows"] = []) =>
    agent.say(run, { ...head, state, why: "", text: "", rows });
  say("start");
  const { headers, body } = await answered;
  expect(headers.get("content-type")).toContain("ndjson");
  const lines: (readonly AskedNode[] | undefined)[] = [];
  for await (const chunk of body ?? []) {
    const whole = Buffer.from(chunk).toString().trimEnd().split("\n");
    lines.push(...whole.map((line) => parseAskedNodes(JSON.parse(line))));
    if (lines.length === 1) say("complete", [{ load1: 0.5 }]);
  }
  const none = { why: "", text: "" };
  expect(lines).toEqual([
    [{ node: "node1", answer: "started", ...none, rows: [] }],
    [{ node: "node1", answer: "complete", ...none, rows: [{ load1: 0.5 }] }],
  ]);
});

test("who follows a question learns at its end which nodes said nothing, and at once that there is no place", async () => {
  await untilPresent();
  const lines = await (await send(alice, "POST", "/api/asks?follow=1&within=1", question().signed)).text();
  expect(JSON.parse(lines)).toMatchObject({ nodes: [{ node: "node1", answer: "silent" }] });
  const { signed } = question();
  const gone = new AbortController();
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(signed) };
  const first = alice
    .request("/api/asks?follow=1&within=30000", { ...init, signal: gone.signal })
    .catch(() => undefined);
  const twice = await poll("the same question to be open", async () => {
    const answer = await send(alice, "POST", "/api/asks?follow=1&within=1", signed);
    return answer.status === 429 ? answer : undefined;
  });
  expect(await twice.text()).toContain("Too many questions");
  gone.abort();
  await first;
});

test("errors of nodes are shown to administrators, notes to their user", async () => {
  const at = Date.now();
  await agent.tell({ v: 1, kind: "error", id: newRun(), at, why: "disk-full", text: "No room for bob" });
  await agent.tell({ v: 1, kind: "note", id: newRun(), at, user: "alice", severity: "info", name: "epoch", text: "3" });
  const shown = async (client: ApiClient) =>
    (await client.json<{ events: { text: string }[] }>("/api/fleet/events")).events.map(({ text }) => text);
  expect((await shown(await signedIn("carol"))).sort()).toEqual(["3", "No room for bob"]);
  expect(await shown(alice)).toEqual(["3"]);
  expect(await shown(bob)).toEqual([]);
  // What was not sent was not read.
  const reads = () => site.audited.filter(({ event }) => event === "admin-read").length;
  const before = reads();
  await agent.tell({ v: 1, kind: "error", id: newRun(), at: at + 1, why: "disk-full", text: "No room" });
  await (await signedIn("carol")).json("/api/fleet/events?limit=1");
  expect(reads()).toBe(before);
});

test("says which execution has published a name, whatever its user is called, while it runs on a node that lists it", async () => {
  const none = { kernel: "", os: "", architecture: "", cpus: 1, addresses: [], gpus: [], labels: [] };
  await agent.beSeen({
    facts: { ...none, services: ["alice/lab", "alice/other", "first.last@corp/lab", "tools/convert"] },
  });
  const at = Date.now() - 60_000;
  const [running, ended] = [await stored({ publish: "lab" }), await stored({ publish: "lab" })];
  for (const each of [running, ended]) expect(await agent.state(each, { state: "started", at })).toBe("+");
  expect(await agent.state(ended, { state: "finished", code: 0 })).toBe("+");
  const { services } = await poll("the services", async () => {
    const view = await bob.json<{ services: readonly object[] }>("/api/services");
    return view.services.length >= 4 && view;
  });
  const x = executionOf(running.run, "node1");
  const command = { node: "node1", owner: "alice", run: running.run, x, sinceMs: at };
  expect(services).toContainEqual({ name: "alice/lab", nodes: ["node1"], commands: [command] });
  for (const name of ["alice/other", "first.last@corp/lab", "tools/convert"])
    expect(services).toContainEqual({ name, nodes: ["node1"] });
  await agent.state(running, { state: "finished", code: 0 });
});

test("a token of scope call calls services, so many a minute, and does nothing else", async () => {
  const none = { kernel: "", os: "", architecture: "", cpus: 1, addresses: [], gpus: [], labels: [] };
  await agent.beSeen({ facts: { ...none, services: ["hello/world"] } });
  const scopes = ["call"];
  const asked = await send(alice, "POST", "/api/tokens", { name: "bot", scopes, days: 1, callsAMinute: 2 });
  const { token } = (await asked.json()) as { token: string };
  const withToken = (method: string, path: string, body?: unknown) =>
    fetch(`${site.origin}${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const offered = await poll("the service", async () => {
    const { services } = (await (await withToken("GET", "/api/services")).json()) as { services: unknown[] };
    return services.length > 1 && services;
  });
  expect(offered).toContainEqual({ name: "hello/world", nodes: ["node1"] });
  const called = async () => {
    const { run, user, nodes, issued } = order();
    const times = { issued, expires: issued + 30_000, via: "ssh" } as const;
    const head = { v: 1, kind: "call", fleet: fleet.id, run, user, nodes, ...times } as const;
    const call: OrderOf<"call"> = { ...head, service: "hello/world", input: "[1]" };
    return { call, answer: withToken("POST", "/api/calls", key.signed(call)) };
  };
  for (const printed of ['{"n":1}', '{"n":2}']) {
    const { call, answer } = await called();
    const got = await poll("the call", () => agent.orders.find(({ run }) => run === call.run));
    expect(got).toMatchObject({ kind: "call", service: "hello/world", input: "[1]" });
    const digest = createHash("sha256").update(encodeOrder(call)).digest("hex");
    await agent.result(call, { state: "finished", code: 0, digest, output: printed });
    expect(await (await answer).json()).toMatchObject({ state: "finished", node: "node1", output: printed });
  }
  expect((await (await called()).answer).status).toBe(429);
  for (const [method, path, body] of [
    ["POST", "/api/runs", key.signed(order())],
    ["GET", "/api/fleet"],
    ["GET", "/api/executions"],
    ["GET", "/api/tokens"],
  ] as const)
    expect((await withToken(method, path, body)).status).toBe(403);
  expect(site.audited.find(({ event, name }) => event === "token" && name === "bot")).toMatchObject({
    callsAMinute: 2,
  });
  const audited = site.audited.filter(({ event, what }) => event === "call" && what === "hello/world");
  expect(audited.map(({ outcome, what, user }) => [outcome, what, user])).toEqual([
    ["ok", "hello/world", "alice"],
    ["ok", "hello/world", "alice"],
    ["refused", "hello/world", "alice"],
  ]);
});

describe("a token of scope peer", () => {
  const asPeer = (token: string) => (method: string, path: string, body?: unknown) =>
    fetch(`${site.origin}${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const called = (more: Partial<OrderOf<"call">> = {}): OrderOf<"call"> => {
    const { run, user, nodes, issued } = order();
    const times = { issued, expires: issued + 30_000, via: "ssh" } as const;
    const head = { v: 1, kind: "call", fleet: fleet.id, run, user, nodes, ...times } as const;
    return { ...head, service: "hello/world", input: "[1]", ...more };
  };
  const asked = { name: "berlin", scopes: ["peer"], days: 1 };
  let token: string;

  test("is an administrator's to make, and has no other scope", async () => {
    expect((await send(alice, "POST", "/api/tokens", asked)).status).toBe(403);
    const carol = await signedIn("carol");
    const both = { ...asked, scopes: ["peer", "read"] };
    expect((await send(carol, "POST", "/api/tokens", both)).status).toBe(400);
    ({ token } = (await (await send(carol, "POST", "/api/tokens", asked)).json()) as { token: string });
  });

  test("passes on what its users have signed, to nodes here alone, and does nothing else", async () => {
    peersAsked.length = 0;
    await agent.beSeen();
    const send = asPeer(token);
    const call = called();
    const answer = send("POST", "/api/calls", key.signed(call));
    await poll("the call", () => agent.orders.find(({ run }) => run === call.run));
    const digest = createHash("sha256").update(encodeOrder(call)).digest("hex");
    await agent.result(call, { state: "finished", code: 0, digest, output: "1" });
    expect(await (await answer).json()).toMatchObject({ state: "finished", output: "1" });
    expect(site.audited.at(-1)).toMatchObject({ user: "alice", sender: "carol", passedOn: "from a peer" });
    expect(await (await send("GET", "/api/services")).json()).toMatchObject({ id: fleet.id });
    const far = await send("POST", "/api/calls", key.signed(called({ fleet: FAR })));
    expect([far.status, await far.text()]).toEqual([400, expect.stringContaining("another fleet")]);
    const forged = { ...key.signed(called()), order: encodeOrder(called()) };
    expect((await send("POST", "/api/calls", forged)).status).toBe(400);
    expect((await send("POST", "/api/calls", key.signed(called({ via: "web" })))).status).toBe(403);
    for (const path of ["/api/fleet", "/api/executions", "/api/orders"])
      expect((await send("GET", path)).status).toBe(403);
    expect(peersAsked).toEqual([]);
  });

  test("whatever says that it was passed on goes no further, whoever sends it, and as nobody else", async () => {
    const headers = { "content-type": "application/json", "marcologger-passed-on": "1" };
    const passed = (body: unknown, client: ApiClient) =>
      client.request("/api/calls", { method: "POST", headers, body: JSON.stringify(body) });
    expect((await passed(key.signed(called({ fleet: FAR })), alice)).status).toBe(400);
    expect((await passed(key.signed(called()), bob)).status).toBe(403);
    await alice.request("/api/services", { headers });
    expect(peersAsked).toEqual([]);
    const { services } = await alice.json<{ services: object[] }>("/api/services");
    expect(services).toContainEqual({ name: "far", nodes: ["node9"], at: { peer: "berlin", fleet: FAR } });
    const far = key.signed(called({ fleet: FAR, nodes: ["node9"] }));
    expect((await send(alice, "POST", "/api/calls?peer=other", far)).status).toBe(400);
    const answer = await send(alice, "POST", "/api/calls?peer=berlin", far);
    expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining("Cannot reach berlin")]);
    expect(site.audited.at(-1)).toMatchObject({ outcome: "refused", reason: "peer", passedOn: "to berlin" });
    expect(peersAsked).toEqual(["offers", "of", "of", "call berlin"]);
  });
});

async function readUpdates(body: ReadableStream<Uint8Array> | null, updates: FleetUpdate[]): Promise<void> {
  let rest = "";
  try {
    for await (const piece of body ?? []) {
      const lines = (rest + Buffer.from(piece).toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) updates.push(...[parseFleetUpdate(JSON.parse(line)) ?? []].flat());
    }
  } catch (error) {
    expect(String(error)).toMatch(/abort/i);
  }
}
