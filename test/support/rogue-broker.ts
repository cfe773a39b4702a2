import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrokerAddress } from "../../src/fleet/link/connect.ts";
import { freePort } from "./free-port.ts";
import { start } from "./processes.ts";
import { tempFolder } from "./temp-folder.ts";

/**
 * A broker that has been taken over: it has the true one's certificate, and every client, the attacker included, reads and
 * writes all subjects.
 */
export async function startRogueBroker(pki: string): Promise<BrokerAddress> {
  const port = await freePort();
  const file = join(await tempFolder(), "rogue.conf");
  const broker = JSON.stringify(join(pki, "fleet-broker")).slice(1, -1);
  const tls = `cert_file: "${broker}.crt", key_file: "${broker}.key", ca_file: ${JSON.stringify(join(pki, "ca.crt"))}`;
  writeFileSync(file, `listen: "127.0.0.1:${port}"\ntls { ${tls}, verify: true }\n`);
  const server = start("nats-server", ["-c", file]);
  await server.waitFor(/Server is ready/);
  return { host: "127.0.0.1", port };
}
