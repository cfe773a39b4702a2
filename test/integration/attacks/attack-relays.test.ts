import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { metric, ROOT } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { startRelpDump } from "../../support/relp-dump.ts";
import { startRsyslogd } from "../../support/rsyslogd.ts";
import { sendDatagram } from "../../support/send.ts";
import { Site } from "../../support/site.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { credentials, pkiLasting, TlsSite } from "../../support/tls-site.ts";

let pki: string;
beforeAll(async () => {
  pki = await pkiLasting(undefined, "node1", "node2");
});

describe("a peer without a relay's certificate, even on loopback", () => {
  test("is cut off when it speaks RELP without TLS, and its frames are ignored", async () => {
    const tls = await TlsSite.start(pki);
    const one = fakeExecution();
    const socket = connect(tls.site.relp.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    const begin = one.begin();
    socket.write(`1 open 49 relp_version=0\nrelp_software=test\ncommands=syslog\n2 syslog ${begin.length} ${begin}\n`);
    await once(socket, "close");
    expect(await tls.refused("tls")).toBe(1);
    expect(await metric(tls.site, "ml_ingest_frames_total")).toBe(0);
    expect(await tls.site.archive.get(ROOT, { x: one.x, node: "node1" })).toBeUndefined();
    await tls.expectServed(await tls.connect("node1"), "node1");
  });

  test("is refused with a self-signed certificate in a node's name", async () => {
    const tls = await TlsSite.start(pki);
    const folder = await tempFolder();
    const files = ["-keyout", join(folder, "node1.key"), "-out", join(folder, "node1.crt")];
    const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"];
    const made = await run("openssl", [
      ...request,
      ...files,
      "-subj",
      "/CN=node1",
      "-addext",
      "subjectAltName=DNS:node1",
    ]);
    expect(made.code).toBe(0);
    await expect(tls.connect(await credentials(folder, "node1", pki))).rejects.toThrow();
    await tls.logged(/its certificate was not issued by this collector's authority/);
    expect(await tls.refused("authority")).toBe(1);
  });

  test("cannot forward what users chose, as a site's rules do: nothing is accepted without the node's key", async () => {
    const tls = await TlsSite.start(pki);
    const stranger = await pkiLasting(undefined, "node1");
    const folder = await tempFolder();
    const socket = join(folder, "log.sock");
    const trust = (
      of: string,
    ) => `tls="on" tls.authMode="name" tls.permittedPeer=["localhost"] tls.caCert="${pki}/ca.crt"
      tls.myCert="${of}/node1.crt" tls.myPrivKey="${of}/node1.key"`;
    // Debian's forwarding format passes on a sender's MSGID and structured data.
    const to = `target="localhost" port="${tls.site.relp.port}" template="RSYSLOG_SyslogProtocol23Format"`;
    const retries = 'queue.type="LinkedList" action.resumeRetryCount="-1" action.resumeInterval="1"';
    const config = `
module(load="imuxsock" SysSock.Use="off")
module(load="omrelp")
input(type="imuxsock" socket="${socket}" useSpecialParser="off" parseHostname="on")
action(type="omrelp" ${to} ${retries})
action(type="omrelp" ${to} ${trust(stranger)} ${retries})
`;
    await startRsyslogd({ folder, config, sockets: [socket] });
    const forged = fakeExecution();
    await sendDatagram(socket, forged.begin({}, 0));
    await sendDatagram(socket, forged.lines(1, ["forged"]));
    await tls.logged(/no TLS session/);
    await tls.logged(/its certificate/);
    expect(await metric(tls.site, "ml_ingest_frames_total")).toBe(0);
    expect(await tls.site.archive.get(ROOT, { x: forged.x, node: "node1" })).toBeUndefined();
  });
});

test("a squatter on the collector's port learns nothing, and the collector gets everything later", async () => {
  const site = await Site.create();
  const relay = await site.startRelay("node1");
  await site.collector.end("SIGTERM");
  const squatter = await startRelpDump({ port: site.relpPort });
  let seen = Buffer.alloc(0);
  squatter.onData((bytes) => {
    seen = Buffer.concat([seen, bytes]);
  });
  expect((await site.mlrun(relay, ["--job", "secret", "--quiet", "--", "seq", "1000"])).code).toBe(0);
  await poll("the relay to come to the squatter", () => seen.length > 0);
  await squatter.close();
  expect([squatter.sessions(), squatter.messages]).toEqual([0, []]);
  expect(seen.toString("latin1")).not.toMatch(/mlrun|LINES|BEGIN|secret/);
  await site.startCollector();
  const api = await site.api();
  const done = await api.untilExecution("complete", ({ delivery }) => delivery === "complete", 60_000);
  expect(done).toMatchObject({ job: "secret", lines: 1_000 });
});

describe("a node, which may speak for its own users", () => {
  test("cannot touch another node's executions, even with their ids, keys and node name", async () => {
    const tls = await TlsSite.start(pki);
    const [node1, node2] = [await tls.connect("node1"), await tls.connect("node2")];
    const hers = fakeExecution({ node: "node1" });
    await node1.send(hers.begin(), hers.lines(1, ["one"]));
    // The header says node1, id and key are right: the certificate says node2.
    await node2.send(hers.lines(2, ["forged"]), hers.beat(9, 9), hers.end(2, { code: 9 }));
    expect(await tls.site.archive.get(ROOT, { x: hers.x, node: "node1" })).toMatchObject({
      state: "running",
      lines: 1,
      lastN: 1,
    });
    expect(await tls.site.archive.get(ROOT, { x: hers.x, node: "node2" })).toBeUndefined();
    // With a BEGIN as well it is an execution of node2, beside hers.
    await node2.send(hers.begin());
    expect(await tls.site.archive.get(ROOT, { x: hers.x, node: "node2" })).toMatchObject({ node: "node2", lines: 1 });
    await node1.send(hers.lines(2, ["two"]), hers.end(2));
    expect(await tls.site.archive.get(ROOT, { x: hers.x, node: "node1" })).toMatchObject({
      state: "finished",
      lines: 2,
      code: 0,
    });
  });

  test("may connect twice under one name, as a restarted relay does, without mixing two executions", async () => {
    const tls = await TlsSite.start(pki);
    const [first, second] = [await tls.connect("node1"), await tls.connect("node1")];
    const [a, b] = [fakeExecution(), fakeExecution()];
    await Promise.all([first.send(a.begin(), a.lines(1, ["a"])), second.send(b.begin(), b.lines(1, ["b"]))]);
    // And each continues over the other's session.
    await Promise.all([first.send(b.lines(2, ["b"]), b.end(2)), second.send(a.lines(2, ["a"]), a.end(2))]);
    for (const [one, text] of [
      [a, "a"],
      [b, "b"],
    ] as const) {
      let printed = "";
      for await (const bytes of tls.site.archive.raw(ROOT, { x: one.x, node: "node1" })) printed += bytes.toString();
      expect(printed).toBe(`${text}\n${text}\n`);
    }
  });

  test("keeps lines in the order printed when its clock jumps back and forth", async () => {
    const tls = await TlsSite.start(pki);
    const node1 = await tls.connect("node1");
    const one = fakeExecution();
    const years = ["2026", "1999", "2038", "2026", "1970"];
    const frames = years.map((year, i) => one.lines(i + 1, [`line ${i + 1}`]).replace("2026-11-20T", `${year}-11-20T`));
    await node1.send(one.begin(), ...frames, one.end(years.length));
    const found = await tls.site.archive.get(ROOT, { x: one.x, node: "node1" });
    expect(found).toMatchObject({ delivery: "complete", lines: years.length, missing: [] });
    let printed = "";
    for await (const bytes of tls.site.archive.raw(ROOT, { x: one.x, node: "node1" })) printed += bytes.toString();
    expect(printed).toBe(years.map((_, i) => `line ${i + 1}\n`).join(""));
  });
});

test("a quarantine filled by one user spares other users' executions and other nodes' quarantine", async () => {
  const limits = { maxNodeBytes: 20_000, maxExecutionBytes: 5_000, maxExecutionsPerNode: 10 };
  const tls = await TlsSite.start(pki, { quarantine: limits });
  const [node1, node2] = [await tls.connect("node1"), await tls.connect("node2")];
  const flood = Array.from({ length: 50 }, () => fakeExecution());
  for (const one of flood) {
    for (let n = 1; n <= 12; n += 1) await node1.send(one.lines(n, ["x".repeat(500)]));
  }
  const folder = join(tls.site.store.logsDir, "_quarantine/node1");
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  expect(names.length).toBeLessThanOrEqual(limits.maxExecutionsPerNode);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(limits.maxNodeBytes);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.maxExecutionBytes);
  expect(await metric(tls.site, "ml_store_discarded_lines_total", "quarantine")).toBeGreaterThan(0);

  // Executions whose BEGIN comes first need no quarantine; others lose lines, which are named as missing.
  const [alice, late] = [fakeExecution(), fakeExecution()];
  await node1.send(late.lines(1, ["x".repeat(5_000)]), late.begin(), late.lines(2, ["kept"]), late.end(2));
  await node1.send(alice.begin(), alice.lines(1, ["1"]), alice.end(1));
  expect(await tls.site.archive.get(ROOT, { x: alice.x, node: "node1" })).toMatchObject({
    delivery: "complete",
    lines: 1,
  });
  expect(await tls.site.archive.get(ROOT, { x: late.x, node: "node1" })).toMatchObject({ lines: 1, missing: [[1, 1]] });
  const other = fakeExecution({ node: "node2" });
  await node2.send(other.lines(1, ["early"]), other.end(1), other.begin());
  expect(await tls.site.archive.get(ROOT, { x: other.x, node: "node2" })).toMatchObject({
    delivery: "complete",
    lines: 1,
  });
});
