import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { executionOf } from "../../../src/orders/execution-of.ts";
import { encodeOrder, type OrderOf } from "../../../src/wire/fleet/order.ts";
import type { ApiClient } from "../../support/api-client.ts";
import { FleetApi, send } from "../../support/fleet-api.ts";
import { poll } from "../../support/poll.ts";
import type { WebFixtureOptions } from "../../support/web.ts";

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

let api: FleetApi;
let alice: ApiClient;
let bob: ApiClient;

beforeAll(async () => {
  api = await FleetApi.start({ peers: PEERS });
  ({ alice, bob } = api);
});

/** Requests with a token instead of a session. */
function withToken(token: string): (method: string, path: string, body?: unknown) => Promise<Response> {
  return (method, path, body) =>
    fetch(`${api.web.origin}${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** Alice's call of a service. */
function called(more: Partial<OrderOf<"call">> = {}): OrderOf<"call"> {
  const { run, user, nodes, issued } = api.order();
  const times = { issued, expires: issued + 30_000, via: "ssh" } as const;
  const head = { v: 1, kind: "call", fleet: api.fleet.id, run, user, nodes, ...times } as const;
  return { ...head, service: "hello/world", input: "[1]", ...more };
}

test("says which execution has published a name, whatever its user is called, while it runs on a node that lists it", async () => {
  const none = { kernel: "", os: "", architecture: "", cpus: 1, addresses: [], gpus: [], labels: [] };
  await api.agent.beSeen({
    facts: { ...none, services: ["alice/lab", "alice/other", "first.last@corp/lab", "tools/convert"] },
  });
  const at = Date.now() - 60_000;
  const [running, ended] = [await api.stored({ publish: "lab" }), await api.stored({ publish: "lab" })];
  for (const each of [running, ended]) expect(await api.agent.state(each, { state: "started", at })).toBe("+");
  expect(await api.agent.state(ended, { state: "finished", code: 0 })).toBe("+");
  const { services } = await poll("the services", async () => {
    const view = await bob.json<{ services: readonly object[] }>("/api/services");
    return view.services.length >= 4 && view;
  });
  const x = executionOf(running.run, "node1");
  const command = { node: "node1", owner: "alice", run: running.run, x, sinceMs: at };
  expect(services).toContainEqual({ name: "alice/lab", nodes: ["node1"], commands: [command] });
  for (const name of ["alice/other", "first.last@corp/lab", "tools/convert"])
    expect(services).toContainEqual({ name, nodes: ["node1"] });
  await api.agent.state(running, { state: "finished", code: 0 });
});

test("a token of scope call calls services, so many a minute, and does nothing else", async () => {
  const none = { kernel: "", os: "", architecture: "", cpus: 1, addresses: [], gpus: [], labels: [] };
  await api.agent.beSeen({ facts: { ...none, services: ["hello/world"] } });
  const scopes = ["call"];
  const asked = await send(alice, "POST", "/api/tokens", { name: "bot", scopes, days: 1, callsAMinute: 2 });
  const { token } = (await asked.json()) as { token: string };
  const sendAsBot = withToken(token);
  const offered = await poll("the service", async () => {
    const { services } = (await (await sendAsBot("GET", "/api/services")).json()) as { services: unknown[] };
    return services.length > 1 && services;
  });
  expect(offered).toContainEqual({ name: "hello/world", nodes: ["node1"] });
  for (const printed of ['{"n":1}', '{"n":2}']) {
    const call = called();
    const answer = sendAsBot("POST", "/api/calls", api.key.signed(call));
    const got = await poll("the call", () => api.agent.orders.find(({ run }) => run === call.run));
    expect(got).toMatchObject({ kind: "call", service: "hello/world", input: "[1]" });
    const digest = createHash("sha256").update(encodeOrder(call)).digest("hex");
    await api.agent.result(call, { state: "finished", code: 0, digest, output: printed });
    expect(await (await answer).json()).toMatchObject({ state: "finished", node: "node1", output: printed });
  }
  expect((await sendAsBot("POST", "/api/calls", api.key.signed(called()))).status).toBe(429);
  for (const [method, path, body] of [
    ["POST", "/api/runs", api.key.signed(api.order())],
    ["GET", "/api/fleet"],
    ["GET", "/api/executions"],
    ["GET", "/api/tokens"],
  ] as const)
    expect((await sendAsBot(method, path, body)).status).toBe(403);
  expect(api.web.audited.find(({ event, name }) => event === "token" && name === "bot")).toMatchObject({
    callsAMinute: 2,
  });
  const audited = api.web.audited.filter(({ event, what }) => event === "call" && what === "hello/world");
  expect(audited.map(({ outcome, what, user }) => [outcome, what, user])).toEqual([
    ["ok", "hello/world", "alice"],
    ["ok", "hello/world", "alice"],
    ["refused", "hello/world", "alice"],
  ]);
});

describe("a token of scope peer", () => {
  const asked = { name: "berlin", scopes: ["peer"], days: 1 };
  let token: string;

  test("is an administrator's to make, and has no other scope", async () => {
    expect((await send(alice, "POST", "/api/tokens", asked)).status).toBe(403);
    const carol = await api.signedIn("carol");
    const both = { ...asked, scopes: ["peer", "read"] };
    expect((await send(carol, "POST", "/api/tokens", both)).status).toBe(400);
    ({ token } = (await (await send(carol, "POST", "/api/tokens", asked)).json()) as { token: string });
  });

  test("passes on what its users have signed, to nodes here alone, and does nothing else", async () => {
    peersAsked.length = 0;
    await api.agent.beSeen();
    const sendAsPeer = withToken(token);
    const call = called();
    const answer = sendAsPeer("POST", "/api/calls", api.key.signed(call));
    await poll("the call", () => api.agent.orders.find(({ run }) => run === call.run));
    const digest = createHash("sha256").update(encodeOrder(call)).digest("hex");
    await api.agent.result(call, { state: "finished", code: 0, digest, output: "1" });
    expect(await (await answer).json()).toMatchObject({ state: "finished", output: "1" });
    expect(api.web.audited.at(-1)).toMatchObject({ user: "alice", sender: "carol", passedOn: "from a peer" });
    expect(await (await sendAsPeer("GET", "/api/services")).json()).toMatchObject({ id: api.fleet.id });
    const far = await sendAsPeer("POST", "/api/calls", api.key.signed(called({ fleet: FAR })));
    expect([far.status, await far.text()]).toEqual([400, expect.stringContaining("another fleet")]);
    const forged = { ...api.key.signed(called()), order: encodeOrder(called()) };
    expect((await sendAsPeer("POST", "/api/calls", forged)).status).toBe(400);
    expect((await sendAsPeer("POST", "/api/calls", api.key.signed(called({ via: "web" })))).status).toBe(403);
    for (const path of ["/api/fleet", "/api/executions", "/api/orders"])
      expect((await sendAsPeer("GET", path)).status).toBe(403);
    expect(peersAsked).toEqual([]);
  });

  test("a request marked as passed on goes no further, and lets no sender act as another user", async () => {
    const headers = { "content-type": "application/json", "marcologger-passed-on": "1" };
    const passed = (body: unknown, client: ApiClient) =>
      client.request("/api/calls", { method: "POST", headers, body: JSON.stringify(body) });
    expect((await passed(api.key.signed(called({ fleet: FAR })), alice)).status).toBe(400);
    expect((await passed(api.key.signed(called()), bob)).status).toBe(403);
    await alice.request("/api/services", { headers });
    expect(peersAsked).toEqual([]);
    const { services } = await alice.json<{ services: object[] }>("/api/services");
    expect(services).toContainEqual({ name: "far", nodes: ["node9"], at: { peer: "berlin", fleet: FAR } });
    const far = api.key.signed(called({ fleet: FAR, nodes: ["node9"] }));
    expect((await send(alice, "POST", "/api/calls?peer=other", far)).status).toBe(400);
    const answer = await send(alice, "POST", "/api/calls?peer=berlin", far);
    expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining("Cannot reach berlin")]);
    expect(api.web.audited.at(-1)).toMatchObject({ outcome: "refused", reason: "peer", passedOn: "to berlin" });
    expect(peersAsked).toEqual(["offers", "of", "of", "call berlin"]);
  });
});
