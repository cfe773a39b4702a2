import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { initPki, issueCertificate } from "../../src/ctl/pki/pki.ts";
import { makeFleetCertificates } from "../../src/ctl/pki/pki-fleet.ts";
import { Broker } from "../../src/fleet/broker/broker.ts";
import { type BrokerAddress, connectToBroker } from "../../src/fleet/link/connect.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { SUBJECTS } from "../../src/wire/fleet/subjects.ts";
import { FLEET_CERTIFICATES } from "../../src/wire/fleet-names.ts";
import { afterwards } from "./cleanup.ts";
import { tempFolder } from "./temp-folder.ts";

export const SILENT = { event: () => undefined };

/** Makes a new authority with certificates of the fleet and of nodes. */
export async function makeFleetPki(nodes: readonly string[]): Promise<string> {
  const pki = join(await tempFolder(), "pki");
  await initPki(pki, ["localhost", "127.0.0.1"]);
  for (const node of nodes) await issueCertificate(pki, node);
  await makeFleetCertificates(pki);
  return pki;
}

/** Starts a real broker over TLS, as the collector's child. */
export async function startBroker(pki: string): Promise<{ broker: Broker; at: BrokerAddress }> {
  const broker = new Broker({
    listen: { host: "127.0.0.1", port: 0 },
    pki,
    folder: join(await tempFolder(), "broker"),
    log: SILENT,
    metrics: createMetrics(),
    wallMs: Date.now,
  });
  const at = await broker.start();
  afterwards(() => broker.stop());
  return { broker, at };
}

/** Connects as the collector does. */
export async function connectControl(at: BrokerAddress, pki: string): Promise<NatsConnection> {
  const connection = await connectToBroker({ at, pki, name: FLEET_CERTIFICATES.control, log: SILENT });
  afterwards(() => connection.close());
  return connection;
}

/** Connects as a node's agent does. */
export async function connectNode(
  at: BrokerAddress,
  { pki, node, isLasting = false }: { pki: string; node: string; isLasting?: boolean },
): Promise<NatsConnection> {
  const file = join(pki, node);
  const connection = await connect({
    servers: `${at.host}:${at.port}`,
    tls: { certFile: `${file}.crt`, keyFile: `${file}.key`, caFile: join(pki, "ca.crt") },
    inboxPrefix: SUBJECTS.inbox(node.toLowerCase()),
    ignoreClusterUpdates: true,
    reconnect: isLasting,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 20,
  });
  afterwards(() => connection.close());
  return connection;
}
