import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import type { NatsConnection } from "@nats-io/transport-node";
import { beforeAll, describe, expect, test } from "vitest";
import { issueCertificate } from "../../../src/ctl/pki/pki.ts";
import { renewCertificate, revokeNode } from "../../../src/ctl/pki/pki-renew.ts";
import type { Broker } from "../../../src/fleet/broker/broker.ts";
import type { BrokerAddress } from "../../../src/fleet/link/connect.ts";
import { connectControl, connectNode, makeFleetPki, startBroker } from "../../support/fleet-broker.ts";
import { poll } from "../../support/poll.ts";

/** A connection that notes what the broker refuses. */
interface Attacker {
  readonly connection: NatsConnection;
  readonly refused: string[];
}

let pki: string;
let broker: Broker;
let at: BrokerAddress;
let control: NatsConnection;
/** What the collector hears: [subject, text]. */
const heard: [string, string][] = [];
const attackers = new Map<string, Attacker>();

async function attacker(node: string): Promise<Attacker> {
  const known = attackers.get(node);
  if (known !== undefined) return known;
  const connection = await connectNode(at, { pki, node });
  const refused: string[] = [];
  void (async () => {
    for await (const { type, ...more } of connection.status())
      if (type === "error") refused.push(String("error" in more ? more.error : ""));
  })();
  attackers.set(node, { connection, refused });
  return { connection, refused };
}

beforeAll(async () => {
  pki = await makeFleetPki(["node1", "node2", "a", "a.b"]);
  ({ broker, at } = await startBroker(pki));
  control = await connectControl(at, pki);
  for (const subject of ["fleet.evt.*", "fleet.seen.*", "fleet.ans.*.*"])
    control.subscribe(subject, {
      callback: (_, message) => {
        heard.push([message.subject, message.string()]);
        if (message.reply) message.respond("+");
      },
    });
  await control.flush();
  for (const node of ["node1", "node2", "a", "a.b"]) await attacker(node);
});

/** The broker answers in order: after a round trip, the refusal of what was sent before is here. */
async function isRefused({ connection, refused }: Attacker, act: () => void): Promise<void> {
  const before = refused.length;
  try {
    act();
  } catch {
    // The client itself refuses some.
  }
  await connection.flush();
  await poll("a refusal", () => refused.length > before);
  expect(refused.at(-1)).toMatch(/permissions violation/i);
}

const PUBLISHES: readonly [string, readonly string[]][] = [
  [
    "node1",
    [
      ...["fleet.evt.node2", "fleet.evt.node1.x", "fleet.seen.node2", "fleet.ans.node2.Q", "fleet.do.node2"],
      ...[
        "fleet.do.node1",
        "fleet.ask.node2",
        "fleet.all",
        "fleet.watch",
        "_INBOX.node2.x",
        "_INBOX.node1.x",
        "fleet.evt.*",
      ],
      ...["$SYS.REQ.SERVER.PING", "$SYS.REQ.USER.INFO", "$JS.API.INFO", "$JS.API.STREAM.CREATE.X", "$KV.x.y"],
      ...["_R_.x", "fleet.evt.>", "fleet.ans.node1", "fleet.ans.node1.a.b", "$SYS.REQ.ACCOUNT.PING.CONNZ"],
    ],
  ],
  ["a", ["fleet.evt.a=b", "fleet.evt.a.b", "fleet.seen.a=b", "fleet.ans.a=b.Q"]],
  ["a.b", ["fleet.evt.a"]],
];

const SUBSCRIBES: readonly [string, readonly string[]][] = [
  [
    "node1",
    [
      ...["fleet.do.node2", "fleet.do.*", "fleet.do.>", "fleet.>", ">", "*", "fleet.evt.node1", "fleet.seen.*"],
      ...["fleet.ans.>", "_INBOX.>", "_INBOX.*.x", "_INBOX.node2.>", "_R_.>", "$SYS.>", "$JS.>", "fleet.ask.*"],
    ],
  ],
  ["a", ["fleet.do.a=b", "_INBOX.a=b.>", "fleet.do.a.b"]],
];

describe("a node may not", () => {
  for (const [node, subjects] of PUBLISHES)
    test.each(subjects)(`${node} publish %s`, async (subject) => {
      const by = await attacker(node);
      await isRefused(by, () => by.connection.publish(subject, "x"));
    });

  for (const [node, subjects] of SUBSCRIBES)
    test.each(subjects)(`${node} subscribe %s`, async (subject) => {
      const by = await attacker(node);
      await isRefused(by, () => by.connection.subscribe(subject, { callback: () => undefined }));
    });

  test.each(["fleet.do.node2", "fleet.do.*"])("node1 join a queue of %s", async (subject) => {
    const by = await attacker("node1");
    await isRefused(by, () => by.connection.subscribe(subject, { queue: "q", callback: () => undefined }));
  });

  test("make the broker write into another's subjects by the subject of its reply", async () => {
    const [{ connection: a }, { connection: b }] = [await attacker("node1"), await attacker("node2")];
    const others: string[] = [];
    for (const subject of ["fleet.do.node2", "fleet.ask.node2", "fleet.all", "_INBOX.node2.>"])
      b.subscribe(subject, { callback: (_, message) => void others.push(message.string()) });
    await b.flush();
    const before = heard.length;
    const replies = ["fleet.evt.node2", "fleet.seen.node2", "fleet.do.node2", "fleet.all", "_INBOX.node2.x", "_R_.x"];
    for (const reply of replies) a.publish("fleet.evt.node1", "forged", { reply });
    expect((await a.request("fleet.evt.node1", "last", { timeout: 5_000 })).string()).toBe("+");
    expect(new Set(heard.slice(before).map(([subject]) => subject))).toEqual(new Set(["fleet.evt.node1"]));
    control.publish("fleet.do.node2", "for node2");
    control.publish("fleet.all", "for all");
    await control.flush();
    // What was forged would have come before these.
    await poll("what is node2's own", () => others.length >= 2);
    expect(others).toEqual(["for node2", "for all"]);
  });

  test("send more than a message's limit, or hold more subscriptions than its four need", async () => {
    const { connection, refused } = await attacker("a");
    const [before, known] = [heard.length, refused.length];
    for (let i = 0; i < 40; i += 1) connection.subscribe(`_INBOX.a.${i}`, { callback: () => undefined });
    await connection.flush();
    await poll("refusals", () => refused.length >= known + 40 - 16);
    expect(refused.at(-1)).toMatch(/maximum subscriptions/i);
    // The client knows the limit of a message and throws; nothing of it arrives.
    expect(() => connection.publish("fleet.evt.a", "x".repeat(262_145))).toThrow(/payload/i);
    expect(heard.length).toBe(before);
  });
});

test("each sends and is answered under its own name, one with a dot as well", async () => {
  for (const [node, subject] of [
    ["node1", "fleet.evt.node1"],
    ["a.b", "fleet.evt.a=b"],
  ] as const) {
    const { connection } = await attacker(node);
    expect((await connection.request(subject, "e", { timeout: 5_000 })).string()).toBe("+");
    expect(heard.at(-1)).toEqual([subject, "e"]);
  }
});

describe("certificates", () => {
  test("a node that is new is heard at once", async () => {
    await issueCertificate(pki, "new");
    await broker.nodes.reload();
    const added = await connectNode(at, { pki, node: "new" });
    expect((await added.request("fleet.evt.new", "e", { timeout: 5_000 })).string()).toBe("+");
    added.publish("fleet.seen.new", "s");
    await added.flush();
    await poll("its presence", () => heard.some(([subject]) => subject === "fleet.seen.new"));
  });

  test("a renewed node goes on with its new one, and the old one is refused; a revoked one is cut", async () => {
    await issueCertificate(pki, "gone");
    await issueCertificate(pki, "renewed");
    await broker.nodes.reload();
    const [gone, renewed] = [
      await connectNode(at, { pki, node: "gone" }),
      await connectNode(at, { pki, node: "renewed", isLasting: true }),
    ];
    const old = ["crt", "key"].map((end) => readFileSync(join(pki, `renewed.${end}`)));
    await revokeNode(pki, "gone");
    await renewCertificate(pki, "renewed");
    await broker.nodes.reload();
    // Settles when the broker ends the connection.
    await gone.closed();
    await expect(connectNode(at, { pki, node: "gone" })).rejects.toThrow(/authorization|closed|expired/i);
    const again = await poll("the renewed node", () =>
      renewed.request("fleet.evt.renewed", "e", { timeout: 1_000 }).catch(() => undefined),
    );
    expect(again.string()).toBe("+");
    expect(await hello({ cert: old[0], key: old[1] })).toMatch(/Authorization Violation/);
  });

  test("a revoked node is cut as soon as the list says so, and nobody has to ask for it", async () => {
    await issueCertificate(pki, "revoked");
    await broker.nodes.reload();
    const connection = await connectNode(at, { pki, node: "revoked" });
    expect((await connection.request("fleet.evt.revoked", "e", { timeout: 5_000 })).string()).toBe("+");
    await revokeNode(pki, "revoked");
    // Settles when the broker ends the connection.
    await connection.closed();
    await expect(connectNode(at, { pki, node: "revoked" })).rejects.toThrow(/authorization|closed|expired/i);
  });

  test("without one, or with another authority's or the collector's, nobody is admitted", async () => {
    const foreign = await makeFleetPki(["node1"]);
    const of = (folder: string, name: string) => ({
      cert: readFileSync(join(folder, `${name}.crt`)),
      key: readFileSync(join(folder, `${name}.key`)),
    });
    expect(await hello({})).toMatch(/bad certificate|certificate required|closed/i);
    expect(await hello(of(foreign, "node1"))).toMatch(/unknown.ca|bad certificate|closed/i);
    expect(await hello(of(pki, "fleet-broker"))).toMatch(/bad certificate|unsupported|Authorization|closed/i);
  });
});

/** What the broker says to a client with this certificate that asks to be let in. */
async function hello(own: { cert?: Buffer | undefined; key?: Buffer | undefined }): Promise<string> {
  const { connect } = await import("node:net");
  const plain = connect(at.port, at.host);
  await once(plain, "data");
  const socket = connectTls({ socket: plain, ca: readFileSync(join(pki, "ca.crt")), servername: "localhost", ...own });
  let said = "";
  socket.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  socket.on("error", (error) => {
    said += error.message;
  });
  socket.once("secureConnect", () => socket.write('CONNECT {"verbose":false,"tls_required":true}\r\nPING\r\n'));
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return said === "" ? "closed" : said;
}
