import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import { beforeEach, expect, test } from "vitest";
import { issueCertificate } from "../../../src/ctl/pki/pki.ts";
import { renewCertificate, revokeNode } from "../../../src/ctl/pki/pki-renew.ts";
import { AdmittedNodes } from "../../../src/fleet/broker/admitted-nodes.ts";
import { serverConf } from "../../../src/fleet/broker/broker-config.ts";
import { BrokerProcess } from "../../../src/fleet/broker/broker-process.ts";
import { confirmAccount } from "../../../src/fleet/broker/confirm-reload.ts";
import { type BrokerAddress, connectToBroker } from "../../../src/fleet/link/connect.ts";
import { uriOf } from "../../../src/orders/certificate-uri.ts";
import { afterwards } from "../../support/cleanup.ts";
import { connectControl, connectNode, makeFleetPki, SILENT } from "../../support/fleet-broker.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

let pki: string;
let at: BrokerAddress;
let control: NatsConnection;
let nodes: AdmittedNodes;
/** Between what the broker has confirmed and the next step. */
let onConfirmed: () => Promise<unknown> | unknown;
/** What ends a pause. */
let readmit: () => void;

/** A real broker, and the nodes that it admits, whose rounds a test can hold. */
beforeEach(async () => {
  pki = await makeFleetPki(["node1"]);
  const folder = join(await tempFolder(), "broker");
  mkdirSync(folder);
  const uri = (name: string) => uriOf(new X509Certificate(readFileSync(join(pki, `${name}.crt`)))) ?? "";
  const own = { control: uri("fleet-control"), system: uri("fleet-system") };
  const config = join(folder, "nats-server.conf");
  writeFileSync(config, serverConf({ host: "127.0.0.1", port: 0, pki, ...own }));
  const server = new BrokerProcess({ config, log: SILENT, onRestart: () => undefined });
  onConfirmed = () => undefined;
  let system: NatsConnection | undefined;
  nodes = new AdmittedNodes({
    ...{ pki, folder, log: SILENT, wallMs: Date.now },
    after: (act) => {
      readmit = act;
      return () => undefined;
    },
    reload: () => server.reload(),
    confirm: async (mark) => {
      if (system === undefined) throw new Error("no connection");
      await confirmAccount(system, mark, { again: () => server.reload() });
      await onConfirmed();
    },
  });
  nodes.write();
  at = { host: "127.0.0.1", port: await server.start() };
  afterwards(() => server.stop());
  system = await connectToBroker({ at, pki, name: "fleet-system", log: SILENT });
  afterwards(() => system?.close());
  nodes.watch({ isInUse: true });
  afterwards(() => nodes.stop());
  control = await connectControl(at, pki);
  control.subscribe("fleet.evt.*", { callback: (_, message) => void message.respond("+") });
  await control.flush();
});

/** Whether the first thing that a node says is heard, and the first order for it arrives. */
async function isHeard(node: string): Promise<void> {
  const connection = await connectNode(at, { pki, node });
  const orders: string[] = [];
  connection.subscribe(`fleet.do.${node}`, { callback: (_, message) => void orders.push(message.string()) });
  const answer = await connection.request(`fleet.evt.${node}`, "e", { timeout: 1_000 });
  expect(answer.string()).toBe("+");
  control.publish(`fleet.do.${node}`, "order");
  await poll("the order", () => orders.length === 1, 1_000);
  await connection.close();
}

/** Calls once, when the broker has confirmed the next round. */
function betweenRounds(act: () => Promise<unknown> | unknown): void {
  onConfirmed = async () => {
    onConfirmed = () => undefined;
    await act();
  };
}

test("a node that comes between the two rounds of another is heard at once", async () => {
  let second: Promise<void> | undefined;
  betweenRounds(async () => {
    await issueCertificate(pki, "node3");
    second = nodes.reload();
  });
  await issueCertificate(pki, "node2");
  await nodes.reload();
  await second;
  for (const node of ["node1", "node2", "node3"]) await isHeard(node);
});

test("a node that is readmitted while its pause is put in force is heard at once", async () => {
  await isHeard("node1");
  betweenRounds(() => readmit());
  nodes.pause("node1");
  await nodes.apply();
  await nodes.apply();
  await isHeard("node1");
});

test("a node is readmitted when its pause ends", async () => {
  nodes.pause("node1");
  await nodes.apply();
  await expect(connectNode(at, { pki, node: "node1" })).rejects.toThrow(/authorization/i);
  readmit();
  await nodes.apply();
  await isHeard("node1");
});

test("a renewed node, and one that was revoked and gets another certificate, are heard at once, each time", async () => {
  for (let time = 0; time < 3; time += 1) {
    await renewCertificate(pki, "node1");
    await nodes.reload();
    await isHeard("node1");
    await revokeNode(pki, "node1");
    await nodes.reload();
    await expect(connectNode(at, { pki, node: "node1" })).rejects.toThrow(/authorization/i);
    for (const end of ["crt", "key"]) rmSync(join(pki, `node1.${end}`));
    await issueCertificate(pki, "node1");
    await nodes.reload();
    await isHeard("node1");
  }
});
