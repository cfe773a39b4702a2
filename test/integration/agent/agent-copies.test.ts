import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import { beforeAll, expect, test } from "vitest";
import type { Fleet } from "../../../src/fleet/fleet.ts";
import type { OrderOf } from "../../../src/wire/fleet/order.ts";
import type { RunOnNode } from "../../../src/wire/fleet/run-view.ts";
import { encodeSignedOrder } from "../../../src/wire/fleet/signed-order.ts";
import { SUBJECTS } from "../../../src/wire/fleet/subjects.ts";
import { afterwards } from "../../support/cleanup.ts";
import { type Agent, startAgent, trustLine } from "../../support/fleet-agents.ts";
import { connectControl, makeFleetPki } from "../../support/fleet-broker.ts";
import { FleetKey, runOrder } from "../../support/fleet-keys.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const { username } = userInfo();
/** Longer than two agents of one name are remembered. */
const DUPLICATE_FOR_MS = 60_000;
/** One for each test: what one has heard of a node's journals changes what it believes. */
const NODES = ["restored", "wiped", "cloned", "copied", "other"];

let folder: string;
let pki: string;
let key: FleetKey;
let fleet: Fleet;
let fleetPort: number;
let filesPort: number;
let broker: NatsConnection;
/** The collector's steady clock is ahead of this process's by so much. */
let aheadMs = 0;

beforeAll(async () => {
  folder = await tempFolder();
  pki = await makeFleetPki(NODES);
  key = FleetKey.make(folder, "key");
  fleet = newFleet({ pki, dataDir: folder, nowMs: () => performance.now() + aheadMs });
  const at = await fleet.start();
  fleetPort = at.port;
  filesPort = at.files.port;
  afterwards(() => fleet.stop());
  broker = await connectControl(at, pki);
});

/** @param place where its files are: another one is another machine */
function startNode(node: string, place = "machine"): Promise<Agent> {
  const site = { folder: join(folder, place), pki, fleetPort, filesPort };
  return startAgent(site, { node, runDir: join(folder, "no-relay") }, { trust: trustLine(username, key) });
}

async function stopNode({ root, link }: Agent): Promise<void> {
  await Promise.all([root.end("SIGKILL"), link.end("SIGKILL")]);
}

const stateDir = (node: string, place = "machine") => join(folder, place, `${node}-agent/state`);
const stateOf = (node: string) => fleet.view().nodes.find((each) => each.node === node)?.state;
const isPresent = (node: string) => stateOf(node) === "present";

/** A signed order that leaves a line for each time it is executed. */
function counting(name: string, nodes: readonly string[]): OrderOf<"run"> {
  const argv = ["sh", "-c", `echo x >> ${join(folder, `count-${name}`)}`];
  return runOrder({ fleet: fleet.id, user: username, nodes, argv });
}

function count(name: string): number {
  const path = join(folder, `count-${name}`);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
}

async function submit(order: OrderOf<"run">): Promise<OrderOf<"run">> {
  expect(await fleet.submit(order, [key.signed(order)])).toBe("stored");
  return order;
}

/** What an attacker who holds the broker can do: sends the bytes of an order to a node. */
function replay(order: OrderOf<"run">, node: string): void {
  broker.publish(SUBJECTS.orders(node), encodeSignedOrder(key.signed(order)));
}

async function onNode(order: OrderOf<"run">, node: string): Promise<RunOnNode | undefined> {
  return (await fleet.run(username, order.run))?.nodes.find((each) => each.node === node);
}

const until = (order: OrderOf<"run">, node: string, state: string) =>
  poll(`${state} on ${node}`, async () => {
    const found = await onNode(order, node);
    return found?.state === state && found;
  });

/** The node's own last word about a run. */
const claimOf = (order: OrderOf<"run">, node: string) =>
  poll(`the claim of ${order.run}`, () => {
    const path = join(stateDir(node), `runs/${username}.${order.run}/claim`);
    return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as object) : undefined;
  });

test("a journal from an hour ago takes nothing again that ran since, from no sender", async () => {
  const first = await startNode("restored");
  await poll("the node", () => isPresent("restored"));
  await until(await submit(counting("before", ["restored"])), "restored", "finished");
  await stopNode(first);
  const copy = join(folder, "copy");
  cpSync(stateDir("restored"), copy, { recursive: true });
  const second = await startNode("restored");
  const since = await submit(counting("since", ["restored"]));
  await until(since, "restored", "finished");
  await stopNode(second);
  rmSync(stateDir("restored"), { recursive: true });
  cpSync(copy, stateDir("restored"), { recursive: true });
  const third = await startNode("restored");
  await third.root.waitFor(/does not take this journal why=restored/);
  replay(since, "restored");
  expect(await claimOf(since, "restored")).toMatchObject({ state: "refused", why: "before-journal" });
  // After another start as well.
  await stopNode(third);
  await startNode("restored");
  replay(since, "restored");
  const later = await submit(counting("later", ["restored"]));
  expect(await until(later, "restored", "refused")).toMatchObject({ why: "before-journal" });
  expect([count("before"), count("since"), count("later")]).toEqual([1, 1, 0]);
  expect((await onNode(since, "restored"))?.state).toBe("finished");
});

test("a journal that was wiped takes nothing of before; what was under way is unknown, and new orders run", async () => {
  const first = await startNode("wiped");
  await poll("the node", () => isPresent("wiped"));
  const done = await submit(counting("done", ["wiped"]));
  await until(done, "wiped", "finished");
  await stopNode(first);
  const underWay = await submit(counting("under-way", ["wiped"]));
  await until(underWay, "wiped", "sent");
  rmSync(stateDir("wiped"), { recursive: true });
  await startNode("wiped");
  replay(done, "wiped");
  replay(underWay, "wiped");
  expect(await claimOf(done, "wiped")).toMatchObject({ state: "refused", why: "before-journal" });
  expect(await claimOf(underWay, "wiped")).toMatchObject({ state: "refused", why: "before-journal" });
  await until(await submit(counting("new", ["wiped"])), "wiped", "finished");
  expect([count("done"), count("under-way"), count("new")]).toEqual([1, 0, 1]);
});

test("a machine that was cloned with its certificate: the copy starts nothing, orders wait until it is gone, and none of both starts any after a restart", async () => {
  const first = await startNode("cloned");
  await poll("the node", () => isPresent("cloned"));
  await until(await submit(counting("both", ["cloned"])), "cloned", "finished");
  mkdirSync(join(folder, "clone"));
  cpSync(stateDir("cloned"), stateDir("cloned", "clone"), { recursive: true });
  const clone = await startNode("cloned", "clone");
  await clone.root.waitFor(/does not take this journal why=duplicate/);
  await poll("both to be noticed", () => {
    broker.publish(SUBJECTS.watch);
    return stateOf("cloned") === "duplicate";
  });
  const order = await submit(counting("once", ["cloned"]));
  expect((await onNode(order, "cloned"))?.state).toBe("pending");
  await stopNode(clone);
  aheadMs += DUPLICATE_FOR_MS;
  await until(order, "cloned", "finished");
  expect(count("once")).toBe(1);
  const second = await startNode("cloned", "clone");
  await second.root.waitFor(/does not take this journal why=duplicate/);
  await stopNode(first);
  const again = await startNode("cloned");
  await again.root.waitFor(/does not take this journal why=duplicate/);
  const held = counting("held", ["cloned"]);
  replay(held, "cloned");
  const records = (place: string) => join(stateDir("cloned", place), `runs/${username}.${held.run}`);
  await poll("both to have it", () => ["machine", "clone"].every((place) => existsSync(records(place))));
  expect(count("held")).toBe(0);
  // Alone again, the first decides about it: by then the copy may have been heard of, which makes it unknown.
  await stopNode(second);
  await claimOf(held, "cloned");
  await again.link.waitFor(/connected/);
  expect([count("both"), count("once")]).toEqual([1, 1]);
  expect(count("held")).toBeLessThanOrEqual(1);
});

test("a journal that was copied to a node with a name of its own: nothing of the first node's runs there", async () => {
  const first = await startNode("copied");
  await poll("the node", () => isPresent("copied"));
  const own = await submit(counting("own", ["copied"]));
  await until(own, "copied", "finished");
  mkdirSync(join(folder, "machine/other-agent"), { recursive: true });
  cpSync(stateDir("copied"), stateDir("other"), { recursive: true });
  await startNode("other");
  await poll("the other node", () => isPresent("other"));
  replay(own, "other");
  const shared = await submit(counting("shared", ["copied", "other"]));
  await Promise.all(["copied", "other"].map((node) => until(shared, node, "finished")));
  expect([count("own"), count("shared")]).toEqual([1, 2]);
  await stopNode(first);
});
