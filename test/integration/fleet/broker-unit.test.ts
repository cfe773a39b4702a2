import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import { beforeAll, expect, test } from "vitest";
import { initPki, issueCertificate } from "../../../src/ctl/pki/pki.ts";
import { makeFleetCertificates } from "../../../src/ctl/pki/pki-fleet.ts";
import { revokeNode } from "../../../src/ctl/pki/pki-renew.ts";
import type { Fleet } from "../../../src/fleet/fleet.ts";
import { type BootedSystemd, bootSystemd } from "../../support/booted-systemd.ts";
import { afterwards } from "../../support/cleanup.ts";
import { connectNode } from "../../support/fleet-broker.ts";
import { freePort } from "../../support/free-port.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { ROOT } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const BROKER_UID = 61_234;
let systemd: BootedSystemd | string = "needs root";
let folder: string;
let pki: string;
let port: number;
let fleet: Fleet;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  folder = await tempFolder();
  chmodSync(folder, 0o711);
  pki = join(folder, "pki");
  await initPki(pki, ["localhost", "127.0.0.1"]);
  for (const node of ["node1", "node2"]) await issueCertificate(pki, node);
  await makeFleetCertificates(pki);
  chmodSync(pki, 0o711);
  chownSync(join(pki, "fleet-broker.key"), BROKER_UID, BROKER_UID);
  systemd = await bootSystemd(folder);
  if (typeof systemd === "string") return;
  inside("groupadd", "--gid", String(BROKER_UID), "marcologger-broker");
  inside("useradd", "--uid", String(BROKER_UID), "--gid", String(BROKER_UID), "marcologger-broker");
  for (const name of ["marcologger-broker.service", "marcologger-broker.path", "marcologger-broker-reload.service"]) {
    // Systemd in a namespace knows no usual targets, and cannot make further namespaces of files; the rest is as it is.
    const text = readFileSync(join(ROOT, "systemd", name), "utf8").replaceAll("/var/lib/marcologger", folder);
    const unit = text.replace("[Unit]", "[Unit]\nDefaultDependencies=no");
    writeFileSync(join(folder, name), unit.replace(/^(?:Private|Protect|ProcSubset).*\n/gm, ""));
    inside("cp", join(folder, name), "/etc/systemd/test/");
  }
  inside("systemctl", "daemon-reload");
  port = await freePort();
  fleet = newFleet({ listen: { host: "127.0.0.1", port }, form: "unit", pki, dataDir: folder });
  await fleet.start();
  afterwards(() => fleet.stop());
});

function inside(...words: readonly string[]): string {
  if (typeof systemd === "string") throw new Error(systemd);
  const [program = "", ...args] = [...systemd.inside, ...words];
  const { status, stdout, stderr } = spawnSync(program, args, { timeout: 20_000 });
  if (status !== 0) throw new Error(`${words.join(" ")}: ${status} ${stderr}${stdout}`);
  return stdout.toString();
}

test("the collector starts without it, its nodes come in once it runs, and are cut when revoked", async (context) => {
  if (typeof systemd === "string") return context.skip(systemd);
  inside("systemctl", "start", "marcologger-broker.path", "marcologger-broker.service");
  const at = { host: "127.0.0.1", port };
  let connection: NatsConnection | undefined;
  await poll("the broker to admit node1", async () => {
    connection = await connectNode(at, { pki, node: "node1" }).catch(() => undefined);
    return connection !== undefined;
  });
  const pid = Number(inside("systemctl", "show", "-P", "MainPID", "marcologger-broker.service").trim());
  expect(inside("stat", "-c", "%u", `/proc/${pid}`).trim()).toBe(String(BROKER_UID));
  let isCut = false;
  void connection?.closed().then(() => {
    isCut = true;
  });
  await revokeNode(pki, "node1");
  await fleet.reload();
  await poll("node1 to be cut", () => isCut);
  await poll("node2", () => connectNode(at, { pki, node: "node2" }).catch(() => undefined));
  // Killed, it comes back with the same nodes.
  inside("systemctl", "kill", "-s", "KILL", "marcologger-broker.service");
  await poll("node2 again", () => connectNode(at, { pki, node: "node2" }).catch(() => undefined));
  await expect(connectNode(at, { pki, node: "node1" })).rejects.toThrow();
  expect(
    execFileSync("stat", ["-c", "%a", join(folder, "fleet/nodes.conf")])
      .toString()
      .trim(),
  ).toBe("644");
});
