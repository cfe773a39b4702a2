import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import { beforeAll, expect, test } from "vitest";
import type { Fleet } from "../../../src/fleet/fleet.ts";
import { FLEET_LIMITS } from "../../../src/wire/fleet/limits.ts";
import { encodeOrder, type Order, type OrderOf } from "../../../src/wire/fleet/order.ts";
import { signedBytes } from "../../../src/wire/fleet/signed-order.ts";
import { afterwards } from "../../support/cleanup.ts";
import { FakeAgent } from "../../support/fake-agent.ts";
import { makeFleetPki } from "../../support/fleet-broker.ts";
import { cancelOrder, FleetKey, runOrder } from "../../support/fleet-keys.ts";
import { FleetSite } from "../../support/fleet-site.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const NODES = ["node1", "node2", "node3"];
let key: FleetKey;
let fleet: Fleet;
const agents: FakeAgent[] = [];

beforeAll(async () => {
  const [pki, dataDir] = [await makeFleetPki(NODES), await tempFolder()];
  key = FleetKey.make(dataDir, "alice");
  fleet = newFleet({ pki, dataDir });
  const at = await fleet.start();
  afterwards(() => fleet.stop());
  for (const node of NODES) {
    const agent = await FakeAgent.connect(at, { pki, node });
    agents.push(agent);
    await poll(`${node} to be present`, async () => {
      await agent.beSeen();
      return fleet.view().nodes.find((each) => each.node === node)?.state === "present";
    });
  }
});

/** One order for each node. */
const partsOf = <O extends Order>(order: O): readonly O[] => order.nodes.map((node) => ({ ...order, nodes: [node] }));
const signedParts = (order: Order) => partsOf(order).map((part) => key.signed(part));
const digestOf = (order: Order) => createHash("sha256").update(encodeOrder(order)).digest("hex");
const statesOf = async ({ user, run }: OrderOf<"run">) =>
  (await fleet.run(user, run))?.nodes.map(({ node, state }) => `${node} ${state}`);
const got = (agent: FakeAgent, kind: Order["kind"], run: string) =>
  poll(`${kind} at ${agent.node}`, () => agent.orders.find((order) => order.kind === kind && order.run === run));

test("each node gets its own part of an order and of its cancel; together they are one run", async () => {
  const order = runOrder({ nodes: NODES, fleet: fleet.id });
  const signed = signedParts(order);
  expect(await fleet.submit(order, signed)).toBe("stored");
  expect(await fleet.submit(order, signed)).toBe("known");
  expect(await fleet.submit(order, [key.signed({ ...order, argv: ["false"] })])).toBe("differs");
  for (const agent of agents) expect(await got(agent, "run", order.run)).toEqual({ ...order, nodes: [agent.node] });
  for (const agent of agents) {
    const digest = digestOf({ ...order, nodes: [agent.node] });
    expect(await agent.state(order, { state: "started", digest })).toBe("+");
  }
  expect(await statesOf(order)).toEqual(["node1 started", "node2 started", "node3 started"]);
  const cancel = cancelOrder(order);
  expect(await fleet.cancel(cancel, signedParts(cancel))).toBe("stored");
  for (const agent of agents) expect(await got(agent, "cancel", order.run)).toEqual({ ...cancel, nodes: [agent.node] });
  const [first, ...others] = agents;
  // Its cancel alone is refused, and named by its digest.
  const refused = {
    state: "refused",
    why: "not-the-owner",
    digest: digestOf({ ...cancel, nodes: ["node1"] }),
  } as const;
  expect(await first?.state(order, refused)).toBe("+");
  for (const agent of others) expect(await agent.state(order, { state: "failed", signal: "SIGTERM" })).toBe("+");
  expect(await statesOf(order)).toEqual(["node1 started", "node2 failed", "node3 failed"]);
  await first?.state(order, { state: "finished", code: 0 });
  expect(await first?.state(order, { state: "finished", code: 0, digest: refused.digest })).toBe("-");
  expect(await first?.state(order, { state: "finished", code: 0, digest: digestOf(partsOf(order)[0] ?? order) })).toBe(
    "+",
  );
});

test("batches follow the order of the nodes over all parts", async () => {
  const nodes = ["node3", "node1", "node2"];
  const order = runOrder({ nodes, fleet: fleet.id });
  await fleet.submit(order, signedParts(order), { size: 1, pausesOnFailure: false });
  for (const node of nodes) {
    const agent = agents.find((each) => each.node === node);
    if (agent === undefined) throw new Error(`There is no ${node}`);
    await got(agent, "run", order.run);
    const running = (await statesOf(order))?.filter((state) => !/held|finished/.test(state));
    expect(running).toEqual([`${node} sent`]);
    await agent.state(order, { state: "finished", code: 0 });
  }
  expect((await fleet.run(order.user, order.run))?.isDone).toBe(true);
});

test("the parts of a run that only nodes know come back as one run, and no node makes itself a part of another", async () => {
  const [first, second, third] = agents;
  const order = runOrder({ nodes: NODES, fleet: fleet.id });
  const [one, two, three] = signedParts(order);
  if (one === undefined || two === undefined || three === undefined) throw new Error("There are three nodes");
  expect(await first?.tell({ v: 1, kind: "order", ...one })).toBe("+");
  expect(await second?.tell({ v: 1, kind: "order", ...two })).toBe("+");
  const other = key.signed({ ...order, nodes: ["node3"], argv: ["false"] });
  expect(await third?.tell({ v: 1, kind: "order", ...other })).toBe("-");
  expect(await second?.state(order, { state: "finished", code: 0, digest: digestOf(partsOf(order)[1] ?? order) })).toBe(
    "+",
  );
  expect(await statesOf(order)).toEqual(["node1 pending", "node2 finished"]);

  const taken = runOrder({ nodes: ["node1"], fleet: fleet.id });
  await fleet.submit(taken, [key.signed(taken)]);
  expect(await third?.tell({ v: 1, kind: "order", ...key.signed({ ...taken, nodes: ["node3"] }) })).toBe("-");
  expect((await fleet.run(taken.user, taken.run))?.nodes.map(({ node }) => node)).toEqual(["node1"]);
});

test("an order that fits into no message with all of its nodes runs once on each, as one run with one answer", async () => {
  const site = await FleetSite.create();
  const command = ["sh", "-c", 'echo $(($(printf %s "$1$2" | wc -c)))', "sh"];
  const fleetId = "f".repeat(64);
  const sample = runOrder({ fleet: fleetId, user: userInfo().username, job: "wide", argv: [...command, "", ""] });
  const room = FLEET_LIMITS.maxMessageBytes - FLEET_LIMITS.maxSignatureBytes;
  const free = room - signedBytes({ order: encodeOrder(sample), sig: "" });
  const words = ["x".repeat(100_000), "y".repeat(free - 100_000)];
  const ran = await site.run("-n", "*", "--job", "wide", "--", ...command, ...words);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(
    ran.stdout
      .split("\n")
      .filter((line) => line !== "")
      .sort(),
  ).toEqual([`node1: ${free}`, `node2: ${free}`]);
  const views = await site.runs();
  expect(views.map(({ job, nodes }) => [job, nodes.map(({ node, state }) => `${node} ${state}`)])).toEqual([
    ["wide", ["node1 finished", "node2 finished"]],
  ]);
  const tooLong = await site.run("-n", "*", "--", ...command, words[0] ?? "", words[0] ?? "");
  expect(tooLong).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/it has 20\d{4} bytes, the limit is 196608/),
  });
});
