import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { metric } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { pkiLasting, TlsSite } from "../../support/tls-site.ts";

let pki: string;
beforeAll(async () => {
  pki = await pkiLasting(undefined, "node1", "node2", "node3");
});

describe("a node that opens session after session", () => {
  test("loses its own idle sessions beyond its share, and shuts nobody out", async () => {
    const site = await TlsSite.start(pki, { limits: { connections: 16, connectionsPerNode: 4 } });
    const first = await site.connect("node1");
    for (let i = 1; i < 16; i += 1) await site.connect("node1");
    await first.closed();
    await poll("four to be left", async () => (await metric(site.site, "ml_relp_connections")) === 4);
    expect(await site.refused("displaced")).toBe(12);
    for (const node of ["node2", "node3"]) await site.expectServed(await site.connect(node), node);
    await site.expectServed(await site.connect("node1"), "node1");
  });

  test("makes room for nodes with fewer when it holds all places", async () => {
    const site = await TlsSite.start(pki, { limits: { connections: 4, connectionsPerNode: 4 } });
    for (let i = 0; i < 4; i += 1) await site.connect("node1");
    for (const node of ["node2", "node3"]) await site.expectServed(await site.connect(node), node);
    await poll("four to be left", async () => (await metric(site.site, "ml_relp_connections")) === 4);
    expect(await site.refused("displaced")).toBe(2);
    expect(await site.refused("too-many")).toBe(0);
  });

  test("loses nothing: unacknowledged frames of a displaced session come again", async () => {
    const site = await TlsSite.start(pki, { limits: { connections: 16, connectionsPerNode: 1 } });
    const one = fakeExecution({ node: "node1" });
    const old = await site.connect("node1");
    await old.send(one.begin(), one.lines(1, ["one"]));
    const fresh = await site.connect("node1");
    await old.closed();
    await fresh.send(one.lines(1, ["one"]), one.lines(2, ["two"]), one.end(2));
    await site.expectServed(fresh, "node1");
  });
});

describe("connections that say nothing", () => {
  async function silent(port: number, localAddress: string): Promise<Socket> {
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {});
    afterwards(() => void socket.destroy());
    await once(socket, "connect");
    return socket;
  }

  test("from one address take only a part of the handshake places; a relay still gets in", async () => {
    const site = await TlsSite.start(pki, { limits: { handshakes: 16, handshakeMs: 3_600_000 } });
    for (let i = 0; i < 40; i += 1) await silent(site.site.relp.port, "127.0.0.1");
    await poll("those beyond to be gone", async () => (await site.refused("displaced")) === 36);
    expect(await metric(site.site, "ml_relp_handshakes")).toBe(4);
    await site.expectServed(await site.connect("node1"), "node1");
  });

  test("from very many addresses do not shut out a known relay", async () => {
    const site = await TlsSite.start(pki, { limits: { handshakes: 16, handshakeMs: 3_600_000 } });
    const before = await site.connect("node1");
    before.destroy();
    for (let i = 0; i < 40; i += 1) await silent(site.site.relp.port, `127.0.1.${i + 1}`);
    await site.expectServed(await site.connect("node1"), "node1");
    expect(await site.refused("too-many")).toBeGreaterThan(0);
  });
});

test("a node is the same in upper and lower case, in certificates and in the users' map", async () => {
  const mixed = await pkiLasting(undefined, "NODE1", "other");
  const site = await TlsSite.start(mixed, { ownerOf: async (node) => ({ name: `of-${node}`, uid: undefined }) });
  await site.expectServed(await site.connect("NODE1"), "node1");
});
