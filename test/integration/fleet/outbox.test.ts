import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Fleet } from "../../../src/fleet/fleet.ts";
import type { BrokerAddress } from "../../../src/fleet/link/connect.ts";
import type { AuditEvent } from "../../../src/host/audit-event.ts";
import { createMetrics } from "../../../src/host/metrics.ts";
import { encodeOrder, type OrderOf } from "../../../src/wire/fleet/order.ts";
import type { RunState } from "../../../src/wire/fleet/states.ts";
import { afterwards } from "../../support/cleanup.ts";
import { FakeAgent } from "../../support/fake-agent.ts";
import { makeFleetPki } from "../../support/fleet-broker.ts";
import { cancelOrder, FleetKey, newRun, runOrder } from "../../support/fleet-keys.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const NODES = ["node1", "node2", "away", "clone", "wiped", "noisy"];
let pki: string;
let key: FleetKey;
let fleet: Fleet;
let metrics: ReturnType<typeof createMetrics>;
let at: BrokerAddress;
let dataDir: string;
/** Added to the clocks that the outbox sees. */
let aheadMs = 0;
const agents = new Map<string, FakeAgent>();
const audited: AuditEvent[] = [];

async function startFleet(port = 0): Promise<void> {
  metrics = createMetrics();
  fleet = newFleet({
    metrics,
    listen: { host: "127.0.0.1", port },
    pki,
    dataDir,
    audit: { record: (event) => void audited.push(event) },
    // Stands still but for the test: nothing is sent again by itself.
    nowMs: () => aheadMs,
    wallMs: () => Date.now() + aheadMs,
  });
  at = await fleet.start();
}

beforeAll(async () => {
  pki = await makeFleetPki(NODES);
  dataDir = await tempFolder();
  key = FleetKey.make(dataDir, "alice");
  await startFleet();
  afterwards(() => fleet.stop());
  for (const node of NODES) agents.set(node, await FakeAgent.connect(at, { pki, node }));
});

/** Signed and stored. */
async function submitted(nodes: readonly string[], more: Partial<OrderOf<"run">> = {}): Promise<OrderOf<"run">> {
  const order = runOrder({ nodes, fleet: fleet.id, ...more });
  expect(await fleet.submit(order, [key.signed(order)])).toBe("stored");
  return order;
}

async function agentOf(node: string): Promise<FakeAgent> {
  const known = agents.get(node);
  if (known === undefined) throw new Error(`There is no ${node}`);
  known.orders.length = 0;
  const isPresent = () => fleet.view().nodes.find((each) => each.node === node)?.state === "present";
  // Its connection may have gone with an earlier broker, and come back in a moment.
  await poll(`${node} to be present`, async () => {
    await known.beSeen().catch(() => undefined);
    return isPresent();
  });
  return known;
}

const stateOf = async (order: OrderOf<"run">, node: string) =>
  (await fleet.run(order.user, order.run))?.nodes.find((each) => each.node === node);
const until = (order: OrderOf<"run">, node: string, state: RunState) =>
  poll(`${node} to be ${state}`, async () => (await stateOf(order, node))?.state === state);
const metric = async (name: string): Promise<number> =>
  Number(
    (await metrics.text())
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1] ?? Number.NaN,
  );
const digestOf = (order: OrderOf<"run">) => createHash("sha256").update(key.signed(order).order).digest("hex");

test("names the fleet by its authority, and lists nodes with their agents' reports", async () => {
  expect(fleet.id).toBe(
    createHash("sha256")
      .update(readFileSync(join(pki, "ca.crt")))
      .digest("hex"),
  );
  expect(await metric("ml_fleet_nodes_present")).toBe(0);
  await agentOf("node1");
  expect(await metric("ml_fleet_nodes_present")).toBe(1);
  const { nodes } = fleet.view();
  expect(nodes.map(({ node }) => node)).toEqual(NODES.toSorted());
  expect(nodes.find(({ node }) => node === "node1")).toMatchObject({ state: "present", load: 0.5, kernel: null });
  expect(nodes.find(({ node }) => node === "away")).toMatchObject({ state: "absent", seenMs: null });
});

test("stores an order, sends it, and follows its states to the end; a repeated event changes nothing", async () => {
  const agent = await agentOf("node1");
  const order = await submitted(["node1"], { env: ["SECRET=only-for-the-command"] });
  const isOnDisk = (): boolean =>
    readdirSync(dataDir).some(
      (name) => name.startsWith("outbox.db") && readFileSync(join(dataDir, name)).includes("only-for-the-command"),
    );
  expect(isOnDisk()).toBe(true);
  const seen: string[] = [];
  const following = (async () => {
    for await (const text of fleet.follow("alice", order.run, new AbortController().signal))
      seen.push(JSON.parse(text).nodes[0].state);
  })();
  expect(await agent.untilOrder("run")).toEqual(order);
  const digest = digestOf(order);
  expect(await agent.state(order, { state: "accepted", digest })).toBe("+");
  expect(await agent.state(order, { state: "started", digest })).toBe("+");
  expect([await metric("ml_fleet_repeated_events_total"), await metric('ml_fleet_orders{state="started"}')]).toEqual([
    0, 1,
  ]);
  expect(await agent.state(order, { state: "accepted", digest })).toBe("+");
  expect(await metric("ml_fleet_repeated_events_total")).toBe(1);
  expect((await stateOf(order, "node1"))?.state).toBe("started");
  expect(await agent.state(order, { state: "failed", code: 3, digest })).toBe("+");
  await following;
  expect(seen.at(-1)).toBe("failed");
  expect(seen).toEqual([...new Set(seen)]);
  expect(await stateOf(order, "node1")).toMatchObject({ code: 3, signal: null });
  expect(await metric('ml_fleet_orders{state="failed"}')).toBe(1);
  expect((await fleet.run("alice", order.run))?.isDone).toBe(true);
  expect(await agent.state(order, { state: "started", digest })).toBe("+");
  expect((await stateOf(order, "node1"))?.state).toBe("failed");
  // The environment leaves the disk within a minute of the end.
  aheadMs += 60_000;
  await poll("the disk to forget the environment", () => !isOnDisk());
  expect(await fleet.submit(order, [key.signed(order)])).toBe("known");
  const other = { ...order, argv: ["false"] };
  expect(await fleet.submit(other, [key.signed(other)])).toBe("differs");
});

test("another node cannot report on it, nor this one on another order or another user's", async () => {
  const [agent, other] = [await agentOf("node1"), await agentOf("node2")];
  const order = await submitted(["node1"]);
  await agent.untilOrder("run");
  expect(await other.state(order, { state: "finished", code: 0, digest: digestOf(order) })).toBe("?");
  expect(await agent.state(order, { state: "finished", code: 0, digest: "0".repeat(64) })).toBe("-");
  expect(await agent.state({ ...order, user: "bob" }, { state: "finished", digest: digestOf(order) })).toBe("?");
  expect(await agent.tell({ nonsense: true } as never)).toBe("-");
  expect((await stateOf(order, "node1"))?.state).toBe("sent");
});

test("sends again to a node that says nothing, and at once to an agent that has started anew", async () => {
  const agent = await agentOf("node1");
  const order = await submitted(["node1"]);
  await agent.untilOrder("run");
  agent.orders.length = 0;
  agent.restart();
  await agent.beSeen();
  await agent.untilOrder("run");
  agent.orders.length = 0;
  aheadMs += 6_000;
  await agent.beSeen();
  await agent.untilOrder("run");
  aheadMs += 20_000;
  await agent.beSeen();
  await until(order, "node1", "unconfirmed");
  expect(await agent.state(order, { state: "finished", code: 0 })).toBe("+");
});

describe("a node that is absent", () => {
  test("gets its order when it comes, and not after its end", async () => {
    const kept = await submitted(["away"]);
    const late = await submitted(["away"], { expires: Date.now() + aheadMs + 1_000 });
    expect((await stateOf(kept, "away"))?.state).toBe("pending");
    aheadMs += 2_000;
    await until(late, "away", "expired");
    const agent = await agentOf("away");
    expect((await agent.untilOrder("run")).run).toBe(kept.run);
    expect(agent.orders.map(({ run }) => run)).not.toContain(late.run);
    await agent.state(kept, { state: "finished", code: 0 });
  });

  test("is spared an order that was cancelled before", async () => {
    const order = await submitted(["wiped"]);
    const cancel = cancelOrder(order);
    expect(await fleet.cancel(cancel, [key.signed(cancel)])).toBe("stored");
    expect(await stateOf(order, "wiped")).toMatchObject({ state: "cancelled", by: "alice" });
    const agent = await agentOf("wiped");
    await submitted(["wiped"]);
    await agent.untilOrder("run");
    expect(agent.orders.map(({ run }) => run)).not.toContain(order.run);
  });
});

test("repeats a cancel until the node reports the end; a cancel that the node refuses is not repeated", async () => {
  const agent = await agentOf("node1");
  const order = await submitted(["node1"]);
  await agent.untilOrder("run");
  await agent.state(order, { state: "started" });
  const cancel = cancelOrder(order);
  expect(await fleet.cancel(cancel, [key.signed(cancel)])).toBe("stored");
  await agent.untilOrder("cancel");
  agent.orders.length = 0;
  aheadMs += 6_000;
  await agent.beSeen();
  await agent.untilOrder("cancel");
  const digest = createHash("sha256").update(key.signed(cancel).order).digest("hex");
  expect(await agent.state(order, { state: "refused", why: "not-the-owner", digest })).toBe("+");
  expect(await stateOf(order, "node1")).toMatchObject({
    state: "started",
    text: expect.stringContaining("not stopped"),
  });
  const signer = key.fingerprint;
  const refusal = { event: "order", outcome: "refused", node: "node1", reason: "not-the-owner", signer };
  expect(audited.at(-1)).toMatchObject({ ...refusal, kind: "cancel", user: "alice", owner: "alice", run: order.run });
  agent.orders.length = 0;
  aheadMs += 6_000;
  await agent.beSeen();
  await agent.state(order, { state: "failed", signal: "SIGTERM", by: "alice" });
  expect(agent.orders).toEqual([]);
  expect(await stateOf(order, "node1")).toMatchObject({ state: "failed", signal: "SIGTERM", by: "alice" });
  const other = await submitted(["node1"]);
  expect(await agent.state(other, { state: "refused", why: "key-not-trusted" })).toBe("+");
  const refused = { ...refusal, reason: "key-not-trusted", kind: "run", user: "alice", owner: "alice", run: other.run };
  expect(audited.at(-1)).toMatchObject(refused);
  const missing = cancelOrder(runOrder());
  expect(await fleet.cancel(missing, [key.signed(missing)])).toBe("missing");
});

describe("journals", () => {
  test("an older state of a journal, or one that another has followed, may start nothing", async () => {
    const agent = await agentOf("clone");
    expect(await agent.greet({ sequence: 10 })).toBe("+");
    expect(await agent.greet({ sequence: 9 })).toBe("restored");
    expect(await agent.greet({ sequence: 10 })).toBe("+");
    const first = agent.journal;
    const second = newRun();
    // The node with the known journal was heard of a moment ago.
    expect(await agent.greet({ journal: second, sequence: 1 })).toBe("duplicate");
    aheadMs += 41_000;
    expect(await agent.greet({ journal: second, sequence: 1 })).toBe("+");
    expect(await agent.greet({ journal: first, sequence: 11 })).toBe("restored");
  });

  test("what was sent into a journal that is gone is unknown, and is not sent into the next one", async () => {
    const agent = await agentOf("node2");
    const order = await submitted(["node2"]);
    await agent.untilOrder("run");
    agent.restart();
    agent.journal = newRun();
    await agent.beSeen();
    await until(order, "node2", "unknown");
    expect((await stateOf(order, "node2"))?.why).toBe("journal-replaced");
    // What was on its way before has come before this one; then the node gets again what it may have.
    const next = await submitted(["node2"]);
    const hasCome = () => agent.orders.some(({ run }) => run === next.run);
    await poll("the next order", hasCome);
    agent.restart();
    await agent.beSeen();
    await poll("the next order again", hasCome);
    expect(new Set(agent.orders.map(({ run }) => run))).toEqual(new Set([next.run]));
    await agent.state(next, { state: "refused", why: "policy", digest: digestOf(next) });
  });

  test("two agents that answer to one name get nothing", async () => {
    const agent = await agentOf("node2");
    const first = agent.start;
    agent.restart();
    await agent.beSeen();
    await agent.beSeen({ start: first });
    await poll("the duplicate", () => fleet.view().nodes.find(({ node }) => node === "node2")?.state === "duplicate");
    const order = await submitted(["node2"]);
    expect((await stateOf(order, "node2"))?.state).toBe("pending");
    aheadMs += 41_000;
    await agent.beSeen();
    await agent.untilOrder("run");
  });
});

test("a run that the outbox does not know comes back from the node as it was signed", async () => {
  const agent = await agentOf("node1");
  const order = runOrder({ nodes: ["node1"], fleet: fleet.id });
  const signed = key.signed(order);
  expect(await agent.state(order, { state: "started", digest: digestOf(order) })).toBe("?");
  expect(await agent.tell({ v: 1, kind: "order", ...signed })).toBe("+");
  expect(await agent.state(order, { state: "finished", code: 0, digest: digestOf(order) })).toBe("+");
  expect(await stateOf(order, "node1")).toMatchObject({ state: "finished", code: 0 });
});

test("of a run that is known, a node's other order is not taken, and the same one makes it no second time open", async () => {
  const [agent, other] = [await agentOf("node1"), await agentOf("node2")];
  const order = await submitted(["node1"]);
  const forged = { ...order, nodes: ["node1", "node2"], argv: ["false"] };
  expect(await other.tell({ v: 1, kind: "order", ...key.signed(forged) })).toBe("-");
  expect((await fleet.run("alice", order.run))?.nodes.map(({ node }) => node)).toEqual(["node1"]);
  expect(await agent.state(order, { state: "finished", code: 0 })).toBe("+");
  expect(await agent.tell({ v: 1, kind: "order", ...key.signed(order) })).toBe("+");
  agent.orders.length = 0;
  agent.restart();
  await agent.beSeen();
  const next = await submitted(["node1"]);
  await agent.untilOrder("run");
  expect(agent.orders.map(({ run }) => run)).not.toContain(order.run);
  await agent.state(next, { state: "finished", code: 0 });
});

test("what only a node knows counts in the limit of open runs", async () => {
  const agent = await agentOf("node1");
  const of = () =>
    runOrder({ nodes: ["node1"], fleet: fleet.id, user: "carol", expires: Date.now() + aheadMs + 60_000 });
  const unsigned = (order: OrderOf<"run">) => ({ order: encodeOrder(order), sig: "sig" });
  const first = of();
  expect(await agent.tell({ v: 1, kind: "order", ...unsigned(first) })).toBe("+");
  const orders = Array.from({ length: 999 }, () => ({ ...of(), nodes: ["away"] }));
  await Promise.all(orders.map((order) => fleet.submit(order, [unsigned(order)])));
  expect(await agent.tell({ v: 1, kind: "order", ...unsigned(of()) })).toBe("-");
  expect(await agent.state(first, { state: "finished", code: 0 })).toBe("+");
  const last = of();
  expect(await agent.tell({ v: 1, kind: "order", ...unsigned(last) })).toBe("+");
  expect(await agent.state(last, { state: "finished", code: 0 })).toBe("+");
});

test("errors and notes of a node are stored once", async () => {
  const agent = await agentOf("node1");
  const error = { v: 1, kind: "error", id: newRun(), at: Date.now(), why: "disk-full", text: "No room" } as const;
  expect([await agent.tell(error), await agent.tell(error)]).toEqual(["+", "+"]);
  expect(fleet.nodeEvents(10).filter(({ id }) => id === error.id)).toMatchObject([{ node: "node1", text: "No room" }]);
  const note = {
    v: 1,
    kind: "note",
    id: "",
    at: 1,
    user: "alice",
    severity: "warning",
    name: "disk",
    text: "full",
  } as const;
  const id = newRun();
  expect([await agent.tell({ ...note, id }), await agent.tell({ ...note, id })]).toEqual(["+", "+"]);
  expect(fleet.nodeEvents(10, "alice")).toMatchObject([{ node: "node1", severity: "warning", name: "disk" }]);
  const records = audited.filter(({ event }) => event === "node-event");
  expect(records).toEqual([
    expect.objectContaining({ node: "node1", user: "alice", severity: "warning", name: "disk" }),
  ]);
});

test("a node that sends far too much is cut off for a minute, and holds up no other", async () => {
  const [noisy, other] = [await agentOf("noisy"), await agentOf("node2")];
  const note = { v: 1, kind: "note", id: "", at: 1, user: "bob", severity: "info", name: "n", text: "" } as const;
  noisy.flood(5_000);
  await poll("its end", () => noisy.isClosed);
  expect(await other.tell({ ...note, id: newRun() })).toBe("+");
  await expect(FakeAgent.connect(at, { pki, node: "noisy" })).rejects.toThrow(/authorization/i);
  const order = await submitted(["node2"]);
  await other.untilOrder("run");
  await other.state(order, { state: "refused", why: "policy", digest: digestOf(order) });
  aheadMs += 60_000;
  await fleet.reload();
  const again = await FakeAgent.connect(at, { pki, node: "noisy" });
  expect(await again.tell({ ...note, id: newRun() })).toBe("+");
});

test("goes on after a kill of the broker and a restart of the collector", async () => {
  const agent = await agentOf("node1");
  const [before, while_] = [await submitted(["node1"]), await submitted(["away"])];
  await agent.untilOrder("run");
  expect(await metric("ml_fleet_broker_restarts_total")).toBe(0);
  const pid = fleet.brokerPid;
  if (pid !== undefined) process.kill(pid, "SIGKILL");
  await poll("another broker", () => fleet.brokerPid !== undefined && fleet.brokerPid !== pid);
  expect(await metric("ml_fleet_broker_restarts_total")).toBe(1);
  expect(await poll("an answer", () => agent.state(before, { state: "started" }).catch(() => undefined))).toBe("+");
  const { port } = at;
  await fleet.stop();
  await startFleet(port);
  expect((await stateOf(before, "node1"))?.state).toBe("started");
  expect(
    await poll("an answer", () => agent.state(before, { state: "finished", code: 0 }).catch(() => undefined)),
  ).toBe("+");
  expect((await stateOf(before, "node1"))?.state).toBe("finished");
  const away = await agentOf("away");
  await poll("the order", () => away.orders.some(({ run }) => run === while_.run));
});
