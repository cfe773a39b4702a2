import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { OutboxDb } from "../../../src/fleet/outbox/outbox-db.ts";
import type { FleetThread } from "../../../src/fleet/thread/fleet-thread.ts";
import type { AuditEvent } from "../../../src/host/audit-event.ts";
import { createMetrics } from "../../../src/host/metrics.ts";
import { afterwards } from "../../support/cleanup.ts";
import { FakeAgent } from "../../support/fake-agent.ts";
import { makeFleetPki } from "../../support/fleet-broker.ts";
import { FleetKey, runOrder } from "../../support/fleet-keys.ts";
import { newFleetThread } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let pki: string;
let key: FleetKey;

beforeAll(async () => {
  pki = await makeFleetPki(["node1"]);
  key = FleetKey.make(await tempFolder(), "alice");
});

async function started(more: Partial<Parameters<typeof newFleetThread>[0]> = {}) {
  const dataDir = await tempFolder();
  const fleet = newFleetThread({ pki, dataDir, ...more });
  afterwards(() => fleet.stop());
  const at = await fleet.start();
  return { fleet, at, dataDir };
}

/** A thread that does what the text says. */
const made = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`);
const START = `import { parentPort as port } from "node:worker_threads";
  const done = (id) => port.postMessage({ t: "done", id, json: "{}" });`;

test("orders go out and states come back; what the thread logs, audits and counts is the collector's", async () => {
  const [audited, logged]: [AuditEvent[], string[]] = [[], []];
  const metrics = createMetrics();
  const { fleet, at } = await started({
    metrics,
    audit: { record: (event) => void audited.push(event) },
    log: { event: (_, message) => void logged.push(message) },
  });
  expect([fleet.isKnown("node1"), fleet.isKnown("node2")]).toEqual([true, false]);
  const agent = await FakeAgent.connect(at, { pki, node: "node1" });
  await agent.beSeen();
  await poll("its presence", async () => (await fleet.view()).nodes[0]?.state === "present");
  const order = runOrder({ fleet: fleet.id, nodes: ["node1"] });
  expect(await fleet.submit(order, [key.signed(order)])).toBe("stored");
  await agent.untilOrder("run");
  const states: string[] = [];
  const following = (async () => {
    for await (const text of fleet.follow("alice", order.run, new AbortController().signal))
      states.push(JSON.parse(text).nodes[0].state);
  })();
  expect(await agent.state(order, { state: "refused", why: "policy" })).toBe("+");
  await following;
  expect(states.at(-1)).toBe("refused");
  expect((await fleet.run("alice", order.run))?.isDone).toBe(true);
  expect(await fleet.run("bob", order.run)).toBeUndefined();
  expect(audited).toMatchObject([{ event: "order", outcome: "refused", reason: "policy", run: order.run }]);
  expect(await agent.tell({ v: 1, kind: "error", id: order.run, at: 1, why: "disk", text: "No room" })).toBe("+");
  expect(logged).toContainEqual("a node reports: No room");
  const text = await metrics.text();
  expect(text).toMatch(/^ml_fleet_nodes_present 1$/m);
  expect(text).toMatch(/^ml_fleet_orders\{state="refused"\} 1$/m);
});

test("a stream ends with its signal, also before it began", async () => {
  const { fleet } = await started();
  const order = runOrder({ fleet: fleet.id, nodes: ["node1"] });
  await fleet.submit(order, [key.signed(order)]);
  const gone = new AbortController();
  const states = fleet.follow("alice", order.run, gone.signal)[Symbol.asyncIterator]();
  expect((await states.next()).done).toBe(false);
  const next = states.next();
  gone.abort();
  expect((await next).done).toBe(true);
  const never = fleet.watchNodes(AbortSignal.abort())[Symbol.asyncIterator]();
  expect((await never.next()).done).toBe(true);
});

test("files cross in pieces; of one that breaks off, what came before stays", async () => {
  const { fleet, dataDir } = await started();
  const bytes = Buffer.alloc(300_000, "some bytes ");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const of = { owner: "alice", sha256, bytes: bytes.length };
  const broken = async function* () {
    yield bytes.subarray(0, 100_000);
    throw new Error("The client has gone");
  };
  const begun = { sha256, bytes: bytes.length, received: 100_000, isWhole: false };
  expect((await fleet.blobs.append({ ...of, offset: 0, data: broken() })).view).toEqual(begun);
  expect(await fleet.blobs.view("alice", sha256)).toEqual(begun);
  const rest = async function* () {
    for (let at = 100_000; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000);
  };
  expect((await fleet.blobs.append({ ...of, offset: 100_000, data: rest() })).is).toBe("stored");
  expect(readFileSync(join(dataDir, "fleet-files/alice", sha256)).equals(bytes)).toBe(true);
  expect(await fleet.blobs.view("bob", sha256)).toBeUndefined();
});

test("an outbox that another process has open keeps it from starting, with the reason", async () => {
  const dataDir = await tempFolder();
  const other = new OutboxDb(join(dataDir, "outbox.db"));
  afterwards(() => other.close());
  const fleet = newFleetThread({ pki, dataDir });
  await expect(fleet.start()).rejects.toThrow("database is locked");
  await fleet.stop();
});

test("open calls fail when the thread dies, and the collector gets its error", async () => {
  const file = made(`${START} port.on("message", ({ id, name }) => {
    if (name === "start") done(id); else throw new Error("no memory");
  });`);
  const lost: string[] = [];
  const fleet: FleetThread = newFleetThread({
    pki,
    dataDir: "",
    file,
    onLost: ({ message }) => void lost.push(message),
  });
  await fleet.start();
  await expect(fleet.view()).rejects.toThrow("no memory");
  await poll("the error", () => lost.length > 0);
  expect(lost).toEqual(["no memory"]);
  await expect(fleet.view()).rejects.toThrow("its thread does not run");
  await fleet.stop();
});

test("nothing of it is left after a stop", async () => {
  const { fleet, dataDir } = await started();
  await fleet.stop();
  await expect(fleet.view()).rejects.toThrow("its thread does not run");
  // Its database is free again.
  new OutboxDb(join(dataDir, "outbox.db")).close();
});
