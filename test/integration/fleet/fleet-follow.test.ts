import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import type { Answer } from "../../../src/wire/fleet/answer.ts";
import { type AskedNode, parseAskedNodes } from "../../../src/wire/fleet/asked-node.ts";
import { type FleetUpdate, parseFleetUpdate } from "../../../src/wire/fleet/node-view.ts";
import type { SignedOrder } from "../../../src/wire/fleet/signed-order.ts";
import type { ApiClient } from "../../support/api-client.ts";
import { FleetApi, send } from "../../support/fleet-api.ts";
import { cancelOrder, newRun } from "../../support/fleet-keys.ts";
import { poll } from "../../support/poll.ts";

let api: FleetApi;
let alice: ApiClient;
let bob: ApiClient;

beforeAll(async () => {
  api = await FleetApi.start();
  ({ alice, bob } = api);
});

test("a user follows so many runs at once, and a place is free again when a client goes", async () => {
  const { run } = await api.stored();
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

test("follows a run as lines of JSON to its end", async () => {
  const made = await api.stored();
  const answer = await alice.request(`/api/runs/${made.run}?follow=1`);
  expect(answer.headers.get("content-type")).toContain("ndjson");
  const text = answer.text();
  await send(alice, "DELETE", `/api/runs/${made.run}`, api.key.signed(cancelOrder(made)));
  const states = (await text)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).nodes[0].state);
  expect(states).toEqual(["pending", "cancelled"]);
});

test("follows several runs in one answer, which ends with the last of them", async () => {
  const made = [await api.stored(), await api.stored()];
  const names = made.map(({ run }) => run);
  const answer = await alice.request(`/api/orders?follow=${[...names, newRun()].join(",")}`);
  const text = answer.text();
  for (const each of made) await send(alice, "DELETE", `/api/runs/${each.run}`, api.key.signed(cancelOrder(each)));
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
  expect(api.agent.watched).toBe(0);
  const { body } = await bob.request("/api/fleet?follow=1", { signal: gone.signal });
  const updates: FleetUpdate[] = [];
  const following = readUpdates(body, updates);
  await poll("the whole, and a request", () => updates.length > 0 && api.agent.watched > 0);
  expect(updates[0]).toMatchObject({ isWhole: true, nodes: [{ node: "node1" }] });
  for (const load of [1.25, 2.5]) {
    await api.agent.beSeen({ load });
    await poll(`load ${load}`, () => updates.at(-1)?.nodes[0]?.load === load);
  }
  expect(updates.slice(1).every(({ isWhole, nodes }) => !isWhole && nodes.length === 1)).toBe(true);
  gone.abort();
  await following;
  const [asked, { body: next }] = [api.agent.watched, await alice.request("/api/fleet?follow=1")];
  await poll("another request at once", () => api.agent.watched > asked);
  await next?.cancel();
});

/** A question to these nodes, and its body. */
function question(nodes: readonly string[] = ["node1"]): { readonly run: string; readonly signed: SignedOrder } {
  const { v, run, user, issued, expires } = api.order({ expires: Date.now() + 30_000 });
  const head = { v, kind: "ask", fleet: api.fleet.id, run, user, nodes, issued, expires, via: "ssh" } as const;
  return { run, signed: api.key.signed({ ...head, provider: "uptime", args: [] }) };
}

async function untilPresent(): Promise<void> {
  await poll("node1", async () => {
    await api.agent.beSeen();
    return (await api.fleet.view()).nodes[0]?.state === "present";
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
  await poll("the question", () => api.agent.orders.find((each) => each.run === run));
  const head = { v: 1, user: "alice", digest: createHash("sha256").update(signed.order).digest("hex") } as const;
  const say = (state: Answer["state"], rows: Answer["rows"] = []) =>
    api.agent.say(run, { ...head, state, why: "", text: "", rows });
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
