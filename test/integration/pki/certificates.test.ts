import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, test } from "vitest";
import { issueCertificate } from "../../../src/ctl/pki/pki.ts";
import { renewCertificate } from "../../../src/ctl/pki/pki-renew.ts";
import type { ApiClient } from "../../support/api-client.ts";
import { makePki } from "../../support/ctl.ts";
import { nodeSockets, startGate } from "../../support/gate.ts";
import { HASTY_SHUTDOWN } from "../../support/hasty-shutdown.ts";
import { poll } from "../../support/poll.ts";
import { OWN_GROUP, withParameters } from "../../support/relay.ts";
import { RelpClient } from "../../support/relp-client.ts";
import { startRsyslogd } from "../../support/rsyslogd.ts";
import { type Relay, Site } from "../../support/site.ts";
import { credentials } from "../../support/tls-site.ts";

const DAY_MS = 86_400_000;
const PAST = { fromMs: Date.now() - 2 * DAY_MS, toMs: Date.now() - DAY_MS };

/** A command that prints numbers until a file appears. */
function counting(site: Site, api: ApiClient, relay: Pick<Relay, "node" | "runDir">) {
  const stop = join(site.folder, "stop");
  const script = `n=0; while [ ! -e ${stop} ]; do n=$((n+1)); echo $n; sleep 0.01; done`;
  const ended = site.mlrun(relay, ["--job", relay.node, "--quiet", "--", "sh", "-c", script]);
  const execution = async () => (await api.executions(`job=${relay.node}`))[0];
  return {
    lines: async () => (await execution())?.lines ?? 0,
    until: (least: number) =>
      poll(
        `${relay.node} to have ${least} lines stored`,
        async () => ((await execution())?.lines ?? 0) >= least,
        30_000,
      ),
    /** Ends the command and waits until every number is stored, once and in order. */
    async expectWhole(): Promise<void> {
      await writeFile(stop, "");
      expect((await ended).code).toBe(0);
      await site.mlrun(relay, ["--flush"]);
      const { x, lines } = await poll(
        `${relay.node} to be complete`,
        async () => {
          const found = await execution();
          return found?.delivery === "complete" && found;
        },
        60_000,
      );
      const numbers = Array.from({ length: lines }, (_, i) => `${i + 1}\n`).join("");
      expect((await api.raw(x)).toString()).toBe(numbers);
    },
  };
}

const serialOf = async (folder: string, name: string) =>
  new X509Certificate(await readFile(join(folder, `${name}.crt`))).serialNumber;

async function audited(site: Site): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(site.dataDir, "audit", "audit.log"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Serial number of the certificate that the collector shows to a new relay. */
async function shownSerial(site: Site): Promise<string> {
  const read = (name: string) => readFile(join(site.pki, name));
  const socket = connect({ port: site.relpPort, host: "127.0.0.1", servername: "localhost", ca: await read("ca.crt") });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe("a node's certificate", () => {
  test("revoked: is cut off at once, alone; renewed: the relay resumes by itself, without loss", async () => {
    const site = await Site.create();
    const api = await site.api();
    const [relay1, relay2] = [await site.startRelay("node1"), await site.startRelay("node2")];
    const [one, two] = [counting(site, api, relay1), counting(site, api, relay2)];
    await Promise.all([one.until(20), two.until(20)]);
    const serial = await serialOf(site.pki, "node1");

    await site.mlctl("pki", "revoke", "node1", "--dir", site.pki);
    await site.collector.waitFor(new RegExp(`relay cut off reason=revoked node=node1 .*serial=${serial} .*pki renew`));
    await site.collector.waitFor(new RegExp(`its certificate is revoked node=node1 serial=${serial}`));
    const before = await one.lines();
    await two.until((await two.lines()) + 100);
    expect(await one.lines()).toBe(before);
    expect(await site.metrics()).toMatch(/^ml_relp_refused_sessions_total\{reason="revoked"\} [1-9]/m);

    await site.mlctl("pki", "renew", "node1", "--dir", site.pki);
    await site.collector.waitFor(
      new RegExp(`relay connected node=node1 .*serial=${await serialOf(site.pki, "node1")}`),
    );
    await Promise.all([one.expectWhole(), two.expectWhole()]);
    expect(site.collector.output()).not.toMatch(/relay (disconnected|cut off|refused).*node2/);
    const records = await audited(site);
    expect(records).toContainEqual(expect.objectContaining({ event: "certificates", outcome: "ok", added: [serial] }));
    const session = { event: "relay-session", reason: "revoked", node: "node1", serial, address: "127.0.0.1" };
    expect(records).toContainEqual(expect.objectContaining({ ...session, outcome: "ended" }));
    // It came again every second.
    const refused = records.filter(({ outcome, reason }) => outcome === "refused" && reason === "revoked");
    expect(refused[0]).toMatchObject(session);
    for (const later of refused.slice(1)) expect(later).toHaveProperty("repeated");
  }, 120_000);

  test("revoked: stays so when the list reaches the collector truncated", async () => {
    const site = await Site.create();
    await site.mlctl("pki", "issue", "node1", "--dir", site.pki);
    await site.mlctl("pki", "revoke", "node1", "--dir", site.pki);
    await site.collector.waitFor(/certificates read again .*revoked=1/);
    const tls = await credentials(site.pki, "node1");
    await expect(RelpClient.open(site.relpPort, tls)).rejects.toThrow();
    // What `cp` leaves on a full disk.
    await writeFile(join(site.pki, "ca.crl"), "");
    await site.collector.waitFor(
      /certificates not read again: the earlier ones stay in use error=.*Cannot use ca\.crl/,
    );
    await expect(RelpClient.open(site.relpPort, tls)).rejects.toThrow();
  });

  test("expired: is refused, and the log says whose; renewed: everything arrives without a restart", async () => {
    const site = await Site.create();
    const api = await site.api();
    await issueCertificate(site.pki, "node1", PAST);
    const serial = await serialOf(site.pki, "node1");
    const one = counting(site, api, await site.restartRelay("node1"));
    const { output } = site.collector;
    await site.collector.waitFor(new RegExp(`its certificate has expired node=node1 serial=${serial} .*pki renew`));
    await site.mlctl("pki", "renew", "node1", "--dir", site.pki);
    await one.until(20);
    await one.expectWhole();
    // Retried every second, logged once.
    expect(output().match(/certificate has expired/g)).toHaveLength(1);
  }, 120_000);
});

describe("the collector's certificate", () => {
  test("renewed: the collector switches to it by itself, and no session ends", async () => {
    const site = await Site.create();
    const api = await site.api();
    const one = counting(site, api, await site.startRelay("node1"));
    await one.until(20);
    await site.mlctl("pki", "renew", "collector", "--dir", site.pki);
    const serial = await serialOf(site.pki, "collector");
    await site.collector.waitFor(new RegExp(`certificates read again serial=${serial} revoked=1`));
    expect(await shownSerial(site)).toBe(serial);
    const two = counting(site, api, await site.startRelay("node2"));
    await two.until(20);
    await Promise.all([one.expectWhole(), two.expectWhole()]);
    expect(site.collector.output()).not.toContain("relay disconnected");
  }, 120_000);

  test("is read at once after SIGHUP", async () => {
    const site = await Site.create();
    site.collector.signal("SIGHUP");
    await site.collector.waitFor(/certificates read again/);
  });

  test("replaced by a wrong one: the old one stays in use until the mistake is mended", async () => {
    const site = await Site.create();
    const api = await site.api();
    const serial = await serialOf(site.pki, "collector");
    const other = await makePki([]);
    await mkdir(join(site.folder, "kept"));
    for (const name of ["collector.crt", "collector.key"]) {
      await copyFile(join(site.pki, name), join(site.folder, "kept", name));
      await copyFile(join(other, name), join(site.pki, name));
    }
    await site.collector.waitFor(/certificates not read again: the earlier ones stay in use error=.*has not signed it/);
    const failed = expect.objectContaining({ event: "certificates", outcome: "failed" });
    await poll("the audit to tell", async () => (await audited(site)).some((record) => failed.asymmetricMatch(record)));
    expect(await shownSerial(site)).toBe(serial);
    const one = counting(site, api, await site.startRelay("node1"));
    await one.until(20);
    for (const name of ["collector.crt", "collector.key"]) {
      await copyFile(join(site.folder, "kept", name), join(site.pki, name));
    }
    await site.collector.waitFor(/certificates read again/);
    await one.expectWhole();
  }, 120_000);

  test("expired: is shown to no relay, so that each resumes by itself after renewal", async () => {
    const site = await Site.create();
    await site.collector.end();
    await renewCertificate(site.pki, "collector", { lifetime: PAST });
    await site.startCollector();
    const api = await site.api();
    await site.collector.waitFor(/a certificate has expired certificate=collector .*pki renew collector/);
    const one = counting(site, api, await site.startRelay("node1"));
    await site.collector.waitFor(/no relay is admitted because="collector\.crt has expired"/);
    const health = await fetch(`${site.origin}/healthz`);
    expect([health.status, await health.text()]).toEqual([503, expect.stringContaining("collector.crt has expired")]);
    await site.mlctl("pki", "renew", "collector", "--dir", site.pki);
    await one.until(20);
    await one.expectWhole();
    expect((await fetch(`${site.origin}/healthz`)).status).toBe(200);
  }, 120_000);

  test("rejected by a relay: the relay ends; once mended and restarted by systemd, it has lost nothing", async () => {
    const site = await Site.create();
    const api = await site.api();
    const [pki, runDir] = [join(site.folder, "node1-pki"), join(site.folder, "node1")];
    const [folder, relayDir] = [join(site.folder, "node1-state"), join(site.folder, "node1-relay")];
    await site.mlctl("pki", "issue", "node1", "--dir", site.pki);
    for (const made of [pki, folder]) await mkdir(made);
    for (const name of ["node1.crt", "node1.key"]) await copyFile(join(site.pki, name), join(pki, name));
    await copyFile(join(await makePki([]), "ca.crt"), join(pki, "ca.crt"));
    const places = ["--relay-dir", relayDir, "--state-dir", folder, "--pki", pki, ...OWN_GROUP];
    const target = ["--collector", `127.0.0.1:${site.relpPort}`, "--node", "node1"];
    const { stdout } = await site.mlctl("relay-config", ...target, ...places);
    const config = withParameters(stdout, HASTY_SHUTDOWN);
    const sockets = await nodeSockets(runDir, relayDir);
    const relay = () => startRsyslogd({ folder, config, sockets: [sockets.lines, sockets.begin] });

    const first = await relay();
    await startGate(sockets);
    const one = counting(site, api, { node: "node1", runDir });
    expect(await first.process.ended).toEqual({ code: 0, signal: null });
    expect(first.process.output()).toContain("DISABLING action");
    await site.collector.waitFor(
      /relay left before it opened a session: it may not trust this collector's certificate.*address=127/,
    );
    await copyFile(join(site.pki, "ca.crt"), join(pki, "ca.crt"));
    await relay();
    await one.until(20);
    await one.expectWhole();
  }, 120_000);
});
