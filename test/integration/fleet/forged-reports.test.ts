import { createHash } from "node:crypto";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { beforeAll, expect, test } from "vitest";
import type { Fleet } from "../../../src/fleet/fleet.ts";
import { createMetrics } from "../../../src/host/metrics.ts";
import type { Answer } from "../../../src/wire/fleet/answer.ts";
import type { OrderOf } from "../../../src/wire/fleet/order.ts";
import { SUBJECTS } from "../../../src/wire/fleet/subjects.ts";
import { afterwards } from "../../support/cleanup.ts";
import { FakeAgent } from "../../support/fake-agent.ts";
import { connectControl, makeFleetPki } from "../../support/fleet-broker.ts";
import { FleetKey, newRun, runOrder } from "../../support/fleet-keys.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { startRogueBroker } from "../../support/rogue-broker.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const WITHIN_MS = 20_000;
const FACTS = {
  ...{ kernel: "Linux 6.1", os: "Debian", architecture: "x86_64", cpus: 4 },
  ...{ addresses: [], gpus: [], labels: ["room=1"], services: [] },
};
const ROWS = [{ load1: 0.25 }];
const metrics = createMetrics();
let fleet: Fleet;
let key: FleetKey;
let attacker: NatsConnection;
let agent: FakeAgent;
/** All that passed the broker. */
const seen: Msg[] = [];

beforeAll(async () => {
  const [pki, dataDir] = [await makeFleetPki(["node1"]), await tempFolder()];
  key = FleetKey.make(dataDir, "alice");
  const at = await startRogueBroker(pki);
  attacker = await connectControl(at, pki);
  attacker.subscribe(">", { callback: (_, message) => void seen.push(message) });
  // It says that it admits whom it should.
  attacker.subscribe("$SYS.REQ.>", {
    callback: (_, message) => void message.respond('{"data":{"account_detail":{}}}'),
  });
  await attacker.flush();
  fleet = newFleet({ pki, dataDir, listen: at, form: "unit", metrics });
  await fleet.start();
  afterwards(() => fleet.stop());
  agent = await FakeAgent.connect(at, { pki, node: "node1" });
  await agent.beSeen({ facts: FACTS });
  await poll("the node", () => nodeView()?.state === "present");
});

const nodeView = () => fleet.view().nodes.find(({ node }) => node === "node1");
const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** The true text that passed on a subject last, in which one word is another, under its true seal. */
function forge(subject: string, from: string, to: string): void {
  const last = seen.findLast((each) => each.subject === subject && each.string().includes(from));
  if (last?.headers === undefined) throw new Error(`Nothing with ${from} on ${subject}`);
  attacker.publish(subject, last.string().replace(from, to), { headers: last.headers });
}

async function refused(): Promise<number> {
  const lines = (await metrics.text())
    .split("\n")
    .filter((line) => line.startsWith("ml_fleet_refused_messages_total{"));
  return lines.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
}

async function isRefused(count: number, act: () => void): Promise<void> {
  const before = await refused();
  act();
  await poll("the refusals", async () => (await refused()) === before + count);
}

test("a state of a run: none that the broker makes, unsigned, changed or repeated; the node's next one", async () => {
  const order = runOrder({ fleet: fleet.id });
  expect(await fleet.submit(order, [key.signed(order)])).toBe("stored");
  await agent.untilOrder("run");
  const digest = digestOf(key.signed(order).order);
  const stateOf = async () => (await fleet.run("alice", order.run))?.nodes[0]?.state;
  expect(await agent.state(order, { state: "accepted", digest })).toBe("+");
  const subject = SUBJECTS.events("node1");
  await isRefused(3, () => {
    forge(subject, '"accepted"', '"finished"');
    forge(subject, '"accepted"', '"accepted"');
    const last = seen.findLast((each) => each.subject === subject);
    attacker.publish(subject, last?.string().replace('"accepted"', '"finished"') ?? "");
  });
  expect(await stateOf()).toBe("accepted");
  expect(await agent.state(order, { state: "started", digest })).toBe("+");
  expect(await stateOf()).toBe("started");
});

test("status and facts: what the node has said, until it says other", async () => {
  const subject = SUBJECTS.presence("node1");
  await agent.beSeen({ facts: FACTS });
  await poll("it at the broker", () => seen.some((each) => each.subject === subject));
  await isRefused(3, () => {
    forge(subject, '"load":0.5', '"load":99');
    forge(subject, '"room=1"', '"room=2"');
    forge(subject, '"room=1"', '"room=1"');
  });
  expect(nodeView()).toMatchObject({ state: "present", load: 0.5, labels: ["room=1"] });
  await agent.beSeen({ load: 0.75, facts: { ...FACTS, labels: ["room=3"] } });
  await poll("the true ones", () => nodeView()?.load === 0.75);
  expect(nodeView()?.labels).toEqual(["room=3"]);
});

test("an answer to a question: only the node's own", async () => {
  const issued = Date.now();
  const times = { issued, expires: issued + WITHIN_MS, via: "ssh" } as const;
  const who = { fleet: fleet.id, run: newRun(issued), user: "alice", nodes: ["node1"] };
  const order: OrderOf<"ask"> = { v: 1, kind: "ask", ...who, ...times, provider: "load", args: [] };
  const signed = key.signed(order);
  const { signal } = new AbortController();
  const asked = fleet.ask(order, { signed, withinMs: WITHIN_MS, signal });
  await agent.untilOrder("ask");
  const digest = digestOf(signed.order);
  const says = (state: Answer["state"], rows: Answer["rows"] = []): Answer => {
    return { v: 1, user: "alice", digest, state, why: "", text: "", rows };
  };
  agent.say(order.run, says("start"));
  const subject = SUBJECTS.answers("node1", order.run);
  await poll("its start", () => seen.some((each) => each.subject === subject));
  await isRefused(2, () => {
    attacker.publish(subject, JSON.stringify(says("complete", [{ load1: 99 }])));
    forge(subject, '"start"', '"noop"');
  });
  agent.say(order.run, says("complete", ROWS));
  expect(await asked).toMatchObject([{ node: "node1", answer: "complete", rows: ROWS }]);
});
