import { readFileSync } from "node:fs";
import { join } from "node:path";
import { headers, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CollectorSession } from "../../../src/agent/link/collector-session.ts";
import type { BrokerAddress } from "../../../src/fleet/link/connect.ts";
import { type Answered, Link } from "../../../src/fleet/link/link.ts";
import { after } from "../../../src/host/after.ts";
import { createMetrics, type Metrics } from "../../../src/host/metrics.ts";
import { readAuthority } from "../../../src/orders/authority.ts";
import { HELLO, SESSION_HEADERS } from "../../../src/wire/fleet/session.ts";
import { SUBJECTS } from "../../../src/wire/fleet/subjects.ts";
import { NODES_LIST, parseListedNodes } from "../../../src/wire/fleet-names.ts";
import { afterwards } from "../../support/cleanup.ts";
import { connectControl, connectNode, makeFleetPki, SILENT } from "../../support/fleet-broker.ts";
import { poll } from "../../support/poll.ts";
import { startRogueBroker } from "../../support/rogue-broker.ts";

const NODES = ["node1", "node2", "patient"];
const QUESTION = "01J00000000000000000000000";
const WITHIN_MS = 5_000;

interface Node {
  readonly session: CollectorSession;
  readonly nats: NatsConnection;
}

let pki: string;
let at: BrokerAddress;
let attacker: NatsConnection;
/** All that passed the broker. */
const seen: Msg[] = [];
const nodes = new Map<string, Node>();
const revoked = new Set<string>();
let metrics: Metrics;
let link: Link;
/** What the collector believed: `presence node1 TEXT`. */
let believed: string[];
let onEvent: () => Promise<Answered | undefined>;

beforeAll(async () => {
  pki = await makeFleetPki(NODES);
  at = await startRogueBroker(pki);
  attacker = await connectControl(at, pki);
  attacker.subscribe(">", { callback: (_, message) => void seen.push(message) });
  await attacker.flush();
  await startCollector();
  afterwards(() => link.stop());
  for (const node of ["node1", "node2"]) nodes.set(node, await startNode(node));
});

beforeEach(() => {
  believed = [];
  onEvent = () => Promise.resolve({ answer: "+" });
});

async function startCollector(): Promise<void> {
  const uris = new Map(
    parseListedNodes(readFileSync(join(pki, NODES_LIST), "utf8")).map(({ uri, name }) => [uri, name]),
  );
  metrics = createMetrics();
  link = new Link({
    ...{ at, pki, metrics, log: SILENT, nowMs: () => performance.now(), wallMs: Date.now },
    authority: readAuthority(pki).certificate,
    isAdmitted: (node) => NODES.includes(node),
    nodeOf: (uri) => (revoked.has(uri) ? undefined : uris.get(uri)),
    onEvent: (node, text) => {
      believed.push(`event ${node} ${text}`);
      return onEvent();
    },
    onPresence: (node, text) => believed.push(`presence ${node} ${text}`),
    onAnswer: (node, id, text) => believed.push(`answer ${node} ${id} ${text}`),
    onFlood: () => undefined,
    onUnsigned: (node) => believed.push(`unsigned ${node}`),
  });
  await link.start();
}

/** @param timer of the limit of hellos */
async function startNode(node: string, timer: typeof after = after): Promise<Node> {
  const nats = await connectNode(at, { pki, node });
  const of = { nats, node, pki, log: SILENT, wallMs: Date.now, after: timer };
  const session = new CollectorSession({ ...of, onOpen: () => undefined });
  nats.subscribe(SUBJECTS.orders(node), {
    callback: (_, message) => void session.hears(message),
  });
  await nats.flush();
  session.hello();
  await poll(`a session of ${node}`, () => session.isOpen);
  return { session, nats };
}

function nodeOf(name: string): Node {
  const node = nodes.get(name);
  if (node === undefined) throw new Error(`No ${name}`);
  return node;
}

async function refused(reason: string): Promise<number> {
  const found = new RegExp(`^ml_fleet_refused_messages_total\\{reason="${reason}"\\} (\\d+)$`, "m");
  return Number(found.exec(await metrics.text())?.[1] ?? 0);
}

/** The attacker's act, which must be counted so often for this reason. */
async function isRefused(reason: string, count: number, act: () => void): Promise<void> {
  const before = await refused(reason);
  act();
  await poll(`${count} refused as ${reason}`, async () => (await refused(reason)) >= before + count);
  expect(await refused(reason)).toBe(before + count);
}

/** A node reports by all three ways, and all is believed. */
async function reports(node: string, text: string): Promise<readonly Msg[]> {
  const { session } = nodeOf(node);
  const from = seen.length;
  expect(session.publish(SUBJECTS.presence(node), text)).toBe(true);
  expect(session.publish(SUBJECTS.answers(node, QUESTION), text)).toBe(true);
  expect(await session.request(text, WITHIN_MS)).toEqual({ answer: "+", proof: "" });
  const right = [`presence ${node} ${text}`, `answer ${node} ${QUESTION} ${text}`, `event ${node} ${text}`];
  await poll("all three", () => right.every((each) => believed.includes(each)));
  const isIts = ({ subject }: Msg) => subject.endsWith(`.${node}`) || subject.endsWith(`.${node}.${QUESTION}`);
  return poll("what the broker saw", () => {
    const found = seen.slice(from).filter((each) => isIts(each) && each.string() === text);
    return found.length === 3 && found;
  });
}

function publish(subject: string, text: string | Uint8Array, seal: string | MsgHdrs | undefined): void {
  const head = typeof seal === "string" ? headers() : seal;
  if (typeof seal === "string") head?.set(SESSION_HEADERS.seal, seal);
  attacker.publish(subject, text, head === undefined ? {} : { headers: head });
}

const subjectsOf = (node: string) => [SUBJECTS.events(node), SUBJECTS.presence(node), SUBJECTS.answers(node, QUESTION)];

describe("of what the broker forges nothing is believed, each is counted, and the next true report is believed", () => {
  test("without a seal", async () => {
    await isRefused("unsigned", 3, () => {
      for (const subject of subjectsOf("node1")) publish(subject, "forged", undefined);
    });
    expect(believed).toEqual(["unsigned node1", "unsigned node1", "unsigned node1"]);
    await reports("node1", "true");
  });

  test.each(["x", HELLO.toUpperCase(), `${"0".repeat(16)} 0 ${"A".repeat(43)}=`])("with the seal %s", async (seal) => {
    await isRefused("forged", 3, () => {
      for (const subject of subjectsOf("node1")) publish(subject, "forged", seal);
    });
    expect(believed).toEqual([]);
    await reports("node1", "true");
  });

  test("with a true seal under other content, under another way, or with another counter", async () => {
    const sent = await reports("node1", "first");
    believed = [];
    await isRefused("forged", 9, () => {
      for (const { headers: head, subject } of sent) publish(subject, "other", head);
      for (const { headers: head, data, subject } of sent)
        publish(subjectsOf("node1").find((other) => other !== subject) ?? "", data, head);
      for (const { headers: head, data, subject } of sent) {
        const [session, counter, mac] = head?.get(SESSION_HEADERS.seal).split(" ") ?? [];
        publish(subject, data, `${session} ${Number(counter) + 1_000} ${mac}`);
      }
    });
    expect(believed).toEqual([]);
    await reports("node1", "second");
  });

  test("once more", async () => {
    const sent = await reports("node1", "once");
    believed = [];
    await isRefused("replayed", 3, () => {
      for (const { headers: head, data, subject } of sent) publish(subject, data, head);
    });
    expect(believed).toEqual([]);
    await reports("node1", "next");
  });

  test("in the name of another node, whose agent then says hello", async () => {
    const sent = await reports("node1", "own");
    const { session } = nodeOf("node2");
    const before = seen.length;
    believed = [];
    await isRefused("no-session", 3, () => {
      for (const { headers: head, data, subject } of sent) publish(subject.replace("node1", "node2"), data, head);
    });
    expect(believed).toEqual([]);
    const isHello = (each: Msg) =>
      each.subject === SUBJECTS.events("node2") && each.headers?.get(SESSION_HEADERS.seal) === HELLO;
    await poll("its hello", () => seen.slice(before).some(isHello));
    expect(session.isOpen).toBe(true);
    await reports("node2", "true");
  });

  test("in the name of a node that has no certificate", async () => {
    await isRefused("not-admitted", 3, () => {
      for (const subject of subjectsOf("node3")) publish(subject, "forged", undefined);
    });
    expect(believed).toEqual([]);
  });
});

test("an acknowledgement that the broker forges, or takes from another report, is none; that of the same report later is", async () => {
  const { session } = nodeOf("node1");
  await reports("node1", "acknowledged");
  const earlier = await poll("its acknowledgement", () =>
    seen.findLast(
      ({ subject, headers: head }) => subject.startsWith("_INBOX.node1") && head?.has(SESSION_HEADERS.seal),
    ),
  );
  session.takeRefused();
  // The broker keeps the collector from answering.
  onEvent = () => Promise.resolve(undefined);
  for (const head of [undefined, "x", earlier.headers]) {
    const from = seen.length;
    const asked = session.request("kept", WITHIN_MS);
    const event = await poll("the event", () => seen.slice(from).find(({ reply }) => reply));
    publish(event.reply ?? "", "+", head);
    expect(await asked).toBeUndefined();
    expect(session.takeRefused()).toBe(1);
  }
  onEvent = () => Promise.resolve({ answer: "+" });
  expect(await session.request("kept", WITHIN_MS)).toEqual({ answer: "+", proof: "" });
});

test("the collector's answer with other words is none", async () => {
  const { session } = nodeOf("node1");
  onEvent = () => Promise.resolve({ answer: "-" });
  const from = seen.length;
  expect(await session.request("asked", WITHIN_MS)).toMatchObject({ answer: "-" });
  const sealed = await poll("the answer", () =>
    seen
      .slice(from)
      .find(({ subject, headers: head }) => subject.startsWith("_INBOX") && head?.has(SESSION_HEADERS.seal)),
  );
  onEvent = () => Promise.resolve(undefined);
  const next = seen.length;
  const asked = session.request("asked", WITHIN_MS);
  const event = await poll("the event", () => seen.slice(next).find(({ reply }) => reply));
  publish(event.reply ?? "", "+", sealed.headers);
  expect(await asked).toBeUndefined();
});

describe("a hello", () => {
  const helloOf = (node: string) => {
    const found = seen.find(
      ({ subject, headers: head }) => subject === SUBJECTS.events(node) && head?.get(SESSION_HEADERS.seal) === HELLO,
    );
    if (found === undefined) throw new Error(`No hello of ${node}`);
    return found;
  };

  test("that the broker repeats opens nothing for it, and takes nothing from its node", async () => {
    const head = headers();
    head.set(SESSION_HEADERS.seal, HELLO);
    for (let i = 0; i < 3; i += 1)
      await attacker.request(SUBJECTS.events("node1"), helloOf("node1").data, { timeout: WITHIN_MS, headers: head });
    await reports("node1", "still");
  });

  test("of one node is none of another; neither is one without a signature", async () => {
    await isRefused("wrong-hello", 2, () => {
      publish(SUBJECTS.events("node2"), helloOf("node1").data, HELLO);
      publish(SUBJECTS.events("node2"), "{}", HELLO);
    });
    expect(believed).toEqual([]);
  });

  test("is requested by the broker as often as it likes, and said once within the limit", async () => {
    // The second that has to pass never does.
    const { nats } = await startNode("patient", () => () => undefined);
    const head = headers();
    head.set(SESSION_HEADERS.again, HELLO);
    for (let i = 0; i < 100; i += 1) attacker.publish(SUBJECTS.orders("patient"), "", { headers: head });
    await attacker.flush();
    await nats.flush();
    await attacker.flush();
    expect(seen.filter(({ subject }) => subject === SUBJECTS.events("patient"))).toHaveLength(1);
  });
});

test("a collector that has started anew knows no session: it requests a hello, and then believes", async () => {
  await link.stop();
  await startCollector();
  const { session } = nodeOf("node1");
  await isRefused("no-session", 1, () => void session.publish(SUBJECTS.presence("node1"), "too early"));
  await poll("a new session", async () => {
    session.publish(SUBJECTS.presence("node1"), "later");
    await nodeOf("node1").nats.flush();
    return believed.includes("presence node1 later");
  });
  expect(believed).not.toContain("presence node1 too early");
  await reports("node1", "again");
});

// The last one: node1 stays revoked.
test("a revoked node's session ends, and it gets no other", async () => {
  const listed = parseListedNodes(readFileSync(join(pki, NODES_LIST), "utf8"));
  revoked.add(listed.find(({ name }) => name === "node1")?.uri ?? "");
  const { session } = nodeOf("node1");
  await isRefused("not-admitted", 1, () => void session.publish(SUBJECTS.presence("node1"), "revoked"));
  await isRefused("wrong-hello", 1, () => session.hello());
  expect(believed).toEqual([]);
});
