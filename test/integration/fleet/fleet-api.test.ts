import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Order, OrderOf } from "../../../src/wire/fleet/order.ts";
import { ApiClient } from "../../support/api-client.ts";
import { FleetApi, send } from "../../support/fleet-api.ts";
import { cancelOrder, FleetKey, newRun } from "../../support/fleet-keys.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startWeb } from "../../support/web.ts";

let api: FleetApi;
let alice: ApiClient;
let bob: ApiClient;

beforeAll(async () => {
  api = await FleetApi.start();
  ({ alice, bob } = api);
});

test("stores an order, shows it to its owner alone, and lists it", async () => {
  const made = api.order({ job: "train", argv: ["./train.sh"], env: ["SECRET=hidden"] });
  const answer = await api.post(alice, made);
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

test("orders and stops are refused with a time to retry while too much waits for the disk", async () => {
  const made = await api.stored();
  const { fleet } = api;
  const is = async () => "busy" as const;
  const run = fleet.run.bind(fleet);
  const own = { id: fleet.id, isKnown: () => true, run, submit: is, cancel: is, goOn: is };
  const other = await startWeb({ fleet: Object.assign(Object.create(fleet), own) });
  const client = new ApiClient(other.origin);
  await client.login({ user: "alice", password: "right" });
  for (const answer of [
    await api.post(client, api.order()),
    await send(client, "DELETE", `/api/runs/${made.run}`, api.key.signed(cancelOrder(made))),
    await send(client, "POST", `/api/runs/${made.run}/continue`, {}),
  ]) {
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
    const { error } = await answer.json();
    expect(error).toMatchObject({ code: "busy", message: expect.stringContaining("65536 changes") });
  }
});

test("a list of large runs comes in pages that others can bear", async () => {
  const made: string[] = [];
  for (let i = 0; i < 8; i += 1)
    made.push(
      (await api.stored({ job: "large", argv: ["true", "x".repeat(130_000)], env: [`${"V".repeat(40_000)}=`] })).run,
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

describe("refuses what", () => {
  const day = 86_400_000;
  test.each<[string, () => Promise<Response>, number, RegExp]>([
    ["is for another user", () => api.post(bob, api.order()), 403, /is for alice, and you are signed in as bob/],
    ["has another fleet", () => api.post(alice, api.order({ fleet: "0".repeat(64) })), 400, /another fleet/],
    [
      "names a foreign node",
      () => api.post(alice, api.order({ nodes: ["node9"] })),
      400,
      /No node of the fleet: node9/,
    ],
    ["says that the web signed it", () => api.post(alice, api.order({ via: "web" })), 400, /signature does not fit/],
    ["is from the future", () => api.post(alice, api.order({ issued: Date.now() + day })), 400, /from the future/],
    [
      "has expired",
      () => api.post(alice, api.order({ issued: Date.now() - day, expires: Date.now() - 1 })),
      400,
      /expired/,
    ],
    ["is no order", () => send(alice, "POST", "/api/runs", { order: "{}", sig: "x" }), 400, /Cannot read the order/],
    [
      "is in parts of two orders",
      () => send(alice, "POST", "/api/runs", { orders: [1, 2].map(() => api.key.signed(api.order())) }),
      400,
      /do not belong together/,
    ],
    [
      "is in parts that two keys signed",
      async () => {
        const [one, other] = [api.order(), FleetKey.make(await tempFolder(), "other")];
        const orders = [api.key.signed(one), other.signed({ ...one, nodes: ["node2"] })];
        return send(alice, "POST", "/api/runs", { orders });
      },
      400,
      /do not belong together/,
    ],
    ["is in no part", () => send(alice, "POST", "/api/runs", { orders: [] }), 400, /Cannot read the order/],
    [
      "is of another kind",
      () => send(alice, "POST", "/api/runs", api.key.signed(cancelOrder(api.order()))),
      400,
      /kind run/,
    ],
    [
      "was changed",
      () => {
        const { order: text, sig } = api.key.signed(api.order());
        return send(alice, "POST", "/api/runs", { order: text.replace('"true"', '"trve"'), sig });
      },
      400,
      /signature does not fit/,
    ],
    [
      "has another purpose",
      () => {
        const { order: text } = api.key.signed(api.order());
        return send(alice, "POST", "/api/runs", { order: text, sig: api.key.sign(text, "file") });
      },
      400,
      /signature does not fit/,
    ],
  ])("%s", async (_, ask, status, message) => {
    const answer = await ask();
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(message)]);
  });

  test("comes from another site, or with a token that may not", async () => {
    const made = api.order();
    const foreign = await fetch(`${api.web.origin}/api/runs`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: alice.cookie, origin: "https://evil.example" },
      body: JSON.stringify(api.key.signed(made)),
    });
    expect(foreign.status).toBe(403);
    for (const [scopes, status] of [
      [["read", "search"], 403],
      [["run"], 201],
    ] as const) {
      const asked = await send(alice, "POST", "/api/tokens", { name: "t", scopes, days: 1 });
      const { token } = (await asked.json()) as { token: string };
      const answer = await fetch(`${api.web.origin}/api/runs`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify(api.key.signed(made)),
      });
      expect(answer.status).toBe(status);
    }
  });

  test("uses an id again for another order", async () => {
    const made = await api.stored();
    expect((await api.post(alice, made)).status).toBe(201);
    expect((await api.post(alice, { ...made, argv: ["false"] })).status).toBe(409);
  });
});

test("what fits into a message is read: 4,000 nodes in a question and a dry run, 65,536 characters in a call", async () => {
  const nodes = Array.from({ length: 4_000 }, (_, i) => `node${i + 1_000}`);
  const { v, run, user, issued } = api.order();
  const head = { v, fleet: api.fleet.id, run, user, issued, expires: issued + 30_000, via: "ssh" } as const;
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
    ["dry-runs", { ...api.order({ nodes }), kind: "check" }, unknown],
    // In the body, a quote takes four characters.
    ["calls", call('"x'.repeat(32_768)), unknown],
    ["calls", call('"'.repeat(65_536)), /196608 bytes at most/],
  ];
  for (const [path, made, message] of cases) {
    const answer = await send(alice, "POST", `/api/${path}`, api.key.signed(made));
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringMatching(message)]);
  }
});

test("a cancel is its owner's; another's run looks missing; it is audited with who signed", async () => {
  const made = await api.stored();
  const foreign = cancelOrder(made, { user: "bob", owner: "alice" });
  expect((await send(bob, "DELETE", `/api/runs/${made.run}`, api.key.signed(foreign))).status).toBe(404);
  const own = cancelOrder(made);
  expect((await send(alice, "DELETE", `/api/runs/${api.order().run}`, api.key.signed(own))).status).toBe(400);
  const answer = await send(alice, "DELETE", `/api/runs/${made.run}`, api.key.signed(own));
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ isDone: true, nodes: [{ state: "cancelled", by: "alice" }] });
  const records = api.web.audited.filter(({ event, run }) => event === "order" && run === made.run);
  expect(new Set(records.map(({ signer }) => signer))).toEqual(new Set([api.key.fingerprint]));
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
  const taken = await api.stored(more);
  expect((await api.post(bob, api.order(more))).status).toBe(403);
  const missing = api.order({ ...more, files: [{ ...file, sha256: "0".repeat(64) }] });
  expect((await api.post(alice, missing)).status).toBe(409);
  const of = { user: "alice", owner: "alice" };
  const { order: text, sig } = api.key.signed(api.order(more));
  const changed = text.replace('"true"', '"trve"');
  expect((await send(alice, "POST", "/api/runs", { order: changed, sig })).status).toBe(400);
  const what = { ...of, event: "order", kind: "run", via: "ssh", nodes: ["node1"] };
  const signed = { ...what, signer: api.key.fingerprint };
  expect(api.web.audited.slice(-5)).toMatchObject([
    { ...of, event: "upload", outcome: "ok", sha256, bytes: data.length },
    { ...signed, outcome: "ok", run: taken.run, sender: "alice", files: [`${sha256} ~/input`] },
    { ...signed, outcome: "refused", reason: "forbidden", sender: "bob" },
    { ...signed, outcome: "refused", reason: "files", sender: "alice", run: missing.run },
    // Whose key that is, a wrong signature does not prove.
    { ...what, outcome: "refused", reason: "bad_request", sender: "alice", signer: undefined },
  ]);
  expect(JSON.stringify(api.web.audited)).not.toMatch(/TOKEN|hidden-value/);
});

test("errors of nodes are shown to administrators, notes to their user", async () => {
  const at = Date.now();
  await api.agent.tell({ v: 1, kind: "error", id: newRun(), at, why: "disk-full", text: "No room for bob" });
  await api.agent.tell({
    v: 1,
    kind: "note",
    id: newRun(),
    at,
    user: "alice",
    severity: "info",
    name: "epoch",
    text: "3",
  });
  const shown = async (client: ApiClient) =>
    (await client.json<{ events: { text: string }[] }>("/api/fleet/events")).events.map(({ text }) => text);
  expect((await shown(await api.signedIn("carol"))).sort()).toEqual(["3", "No room for bob"]);
  expect(await shown(alice)).toEqual(["3"]);
  expect(await shown(bob)).toEqual([]);
  // What was not sent was not read.
  const reads = () => api.web.audited.filter(({ event }) => event === "admin-read").length;
  const before = reads();
  await api.agent.tell({ v: 1, kind: "error", id: newRun(), at: at + 1, why: "disk-full", text: "No room" });
  await (await api.signedIn("carol")).json("/api/fleet/events?limit=1");
  expect(reads()).toBe(before);
});
