import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { BlobSource } from "../../../src/agent/files/blob-source.ts";
import { cachedPath } from "../../../src/agent/files/cached-blob.ts";
import { FetchedBlobs } from "../../../src/agent/files/fetched-blobs.ts";
import { revokeNode } from "../../../src/ctl/pki/pki-renew.ts";
import { BlobStore } from "../../../src/fleet/blobs/blob-store.ts";
import { Fleet } from "../../../src/fleet/fleet.ts";
import { createMetrics } from "../../../src/host/metrics.ts";
import { encodeOrder } from "../../../src/wire/fleet/order.ts";
import { afterwards } from "../../support/cleanup.ts";
import { FakeAgent } from "../../support/fake-agent.ts";
import { makeFleetPki, SILENT } from "../../support/fleet-broker.ts";
import { cancelOrder, FleetKey, runOrder } from "../../support/fleet-keys.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const BYTES = Buffer.alloc(3_000_000, "some bytes ");
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const sha256 = digest(BYTES);
let pki: string;
let fleet: Fleet;
let key: FleetKey;
let at: Awaited<ReturnType<Fleet["start"]>>;
let port: number;

beforeAll(async () => {
  pki = await makeFleetPki(["node1", "node2", "gone"]);
  const dataDir = await tempFolder();
  key = FleetKey.make(dataDir, "alice");
  const listen = { host: "127.0.0.1", port: 0 };
  const clocks = { nowMs: Date.now, wallMs: Date.now };
  const options = { listen, listenForFiles: listen, fileBytesPerUser: 0, pki, dataDir, log: SILENT, ...clocks };
  fleet = new Fleet({ ...options, metrics: createMetrics(), audit: { record: () => undefined } });
  at = await fleet.start();
  port = at.files.port;
  afterwards(() => fleet.stop());
});

async function* pieces(...all: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* all;
}

const append = (
  store: BlobStore,
  owner: string,
  bytes: Buffer,
  more: { sha256?: string; bytes?: number; offset?: number } = {},
) => store.append({ owner, sha256: digest(bytes), bytes: bytes.length, offset: 0, data: pieces(bytes), ...more });

/** An order of alice's that names the file. */
async function ordered(nodes: readonly string[]) {
  const file = { path: "~/x", sha256, bytes: BYTES.length, mode: 0o644, overwrite: false, unpack: "" } as const;
  const order = runOrder({ fleet: fleet.id, nodes, files: [file] });
  return { order, outcome: await fleet.submit(order, key.signed(order)) };
}

/** A node's cache, which fetches with its certificate. */
async function cacheOf(node: string): Promise<{ blobs: FetchedBlobs; folder: string; source: BlobSource }> {
  const folder = join(await tempFolder(), "cache");
  const source = new BlobSource({ host: "127.0.0.1", port, pki, node });
  return {
    blobs: new FetchedBlobs({ folder, fetch: (blob, to) => source.fetch(blob, to), log: SILENT }),
    folder,
    source,
  };
}

const wanted = { owner: "alice", sha256, bytes: BYTES.length };

describe("between collector and nodes, over mutual TLS", () => {
  test("an order that names a file which its user has not sent is not taken", async () => {
    expect((await ordered(["node1"])).outcome).toBe("files");
    await append(fleet.blobs, "bob", BYTES);
    expect((await ordered(["node1"])).outcome).toBe("files");
  });

  test("a node gets what its open orders name, and nothing else; a cut fetch goes on", async () => {
    await append(fleet.blobs, "alice", BYTES);
    const { order, outcome } = await ordered(["node1"]);
    expect(outcome).toBe("stored");
    const [one, two] = [await cacheOf("node1"), await cacheOf("node2")];
    const path = cachedPath(one.folder, wanted);
    writeFileSync(`${path}.part`, BYTES.subarray(0, 1_000_000));
    expect(await one.blobs.want(wanted)).toBe("");
    expect(digest(readFileSync(path))).toBe(sha256);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    // Another node, another owner, another digest.
    expect(await two.blobs.want(wanted)).toBe("files-missing");
    expect(await one.blobs.want({ ...wanted, owner: "bob" })).toBe("files-missing");
    expect(await one.blobs.want({ ...wanted, owner: "../alice" })).toBe("files-missing");
    expect(await one.blobs.want({ ...wanted, sha256: "0".repeat(64) })).toBe("files-missing");
    expect(await fleet.cancel(cancelOrder(order), key.signed(cancelOrder(order)))).toBe("stored");
    const later = await cacheOf("node1");
    expect(await later.blobs.want(wanted)).toBe("files-missing");
  });

  test("a run that only its node knows gives it no file: it may have made it up", async () => {
    const agent = await FakeAgent.connect(at, { pki, node: "node2" });
    const file = { path: "~/x", sha256, bytes: BYTES.length, mode: 0o644, overwrite: false, unpack: "" } as const;
    const order = runOrder({ fleet: fleet.id, nodes: ["node2"], files: [file] });
    expect(await agent.tell({ v: 1, kind: "order", order: encodeOrder(order), sig: "forged" })).toBe("+");
    expect(fleet.run("alice", order.run)?.nodes).toHaveLength(1);
    expect(await (await cacheOf("node2")).blobs.want(wanted)).toBe("files-missing");
  });

  test("bytes that were spoiled on the way or here are fetched anew, and never kept", async () => {
    expect((await ordered(["node2"])).outcome).toBe("stored");
    const { blobs, folder } = await cacheOf("node2");
    const path = cachedPath(folder, wanted);
    writeFileSync(`${path}.part`, Buffer.alloc(1_000_000, "x"));
    expect(await blobs.want(wanted)).toBe("files-differ");
    expect(readdirSync(folder)).toEqual([]);
    expect(await blobs.want(wanted)).toBe("");
    // Another length than the order says.
    truncateSync(path, 5);
    expect(await blobs.want(wanted)).toBe("");
    expect(digest(readFileSync(path))).toBe(sha256);
  });

  test("a revoked certificate, one of no node, and none get nothing", async () => {
    expect((await ordered(["gone"])).outcome).toBe("stored");
    const { source, folder, blobs } = await cacheOf("gone");
    expect(await blobs.want(wanted)).toBe("");
    await revokeNode(pki, "gone");
    await fleet.reload();
    const to = { path: join(folder, "x"), from: 0 };
    await expect(source.fetch(wanted, to)).rejects.toThrow("403");
    const control = new BlobSource({ host: "127.0.0.1", port, pki, node: "fleet-control" });
    await expect(control.fetch(wanted, to)).rejects.toThrow("403");
    await expect(fetch(`https://127.0.0.1:${port}/blobs/alice/${sha256}`)).rejects.toThrow();
    expect(existsSync(to.path)).toBe(false);
  });
});

describe("the collector's store", () => {
  const storeOf = async (maxBytesPerUser: number, clock = { wallMs: Date.now() }) =>
    new BlobStore({ folder: join(await tempFolder(), "files"), maxBytesPerUser, wallMs: () => clock.wallMs });

  test("pieces are taken where the last one ended, at any cut", async () => {
    const store = await storeOf(0);
    const small = Buffer.from("eight by");
    for (let cut = 0; cut <= small.length; cut += 1) {
      const data = Buffer.concat([small, Buffer.from([cut])]);
      const name = { sha256: digest(data), bytes: data.length };
      await store.append({ owner: "a", ...name, offset: 0, data: pieces(data.subarray(0, cut)) });
      expect(store.view("a", name.sha256)).toMatchObject({ received: cut, isWhole: false });
      const again = await store.append({ owner: "a", ...name, offset: cut + 1, data: pieces(data.subarray(cut + 1)) });
      expect(again.is).toBe("offset");
      const last = await store.append({ owner: "a", ...name, offset: cut, data: pieces(data.subarray(cut)) });
      expect(last).toMatchObject({ is: "stored", view: { isWhole: true } });
    }
  });

  test.each([
    ["of another digest", { sha256: "0".repeat(64) }, "digest"],
    ["longer than announced", { sha256: digest(Buffer.from("bytes")), bytes: 3 }, "long"],
  ])("bytes %s are not kept as a file", async (_name, more, is) => {
    const store = await storeOf(0);
    expect((await append(store, "a", Buffer.from("bytes"), more)).is).toBe(is);
    expect(store.use("a", more.sha256)).toBeUndefined();
  });

  test("each user has a share, which half a file takes whole", async () => {
    const store = await storeOf(10);
    expect((await append(store, "a", Buffer.from("12345678"))).is).toBe("stored");
    expect((await append(store, "a", Buffer.from("abc"))).is).toBe("quota");
    expect((await append(store, "b", Buffer.from("abc"), { bytes: 10, sha256 })).is).toBe("stored");
    expect((await append(store, "b", Buffer.from("x"))).is).toBe("quota");
  });

  test("first pieces that come at once do not pass it, and a first piece that was cut to nothing counts once", async () => {
    const store = await storeOf(10);
    const both = await Promise.all(["12345678", "abcdefgh"].map((text) => append(store, "a", Buffer.from(text))));
    expect(both.map(({ is }) => is)).toEqual(["stored", "quota"]);
    const cut = Buffer.from("12345678");
    const name = { owner: "b", sha256: digest(cut), bytes: cut.length, offset: 0 };
    expect((await store.append({ ...name, data: pieces() })).is).toBe("stored");
    expect((await store.append({ ...name, data: pieces(cut) })).view.isWhole).toBe(true);
  });

  test("every piece leaves the reserve free, with the rest of all that have begun, also after a restart", async () => {
    const folder = join(await tempFolder(), "files");
    let free = 268_435_456 + 20;
    const start = () => new BlobStore({ folder, maxBytesPerUser: 0, wallMs: Date.now, freeBytes: () => free });
    const store = start();
    const half = Buffer.from("half of it");
    const rest = { sha256: digest(Buffer.concat([half, half])), bytes: 20 };
    expect((await append(store, "a", half, rest)).is).toBe("stored");
    free -= 10;
    for (const each of [store, start()]) expect((await append(each, "b", Buffer.from("x"))).is).toBe("disk");
    free -= 1;
    expect((await append(store, "a", half, { ...rest, offset: 10 })).is).toBe("disk");
    free += 1;
    expect((await append(store, "a", half, { ...rest, offset: 10 })).view.isWhole).toBe(true);
    free = 268_435_456 + 1;
    expect((await append(store, "b", Buffer.from("x"))).is).toBe("stored");
  });

  test("a file goes a day after its last use, unless an open order names it", async () => {
    const clock = { wallMs: Date.now() };
    const store = await storeOf(0, clock);
    const names = ["old", "used", "named"].map((text) => ({ text, sha256: digest(Buffer.from(text)) }));
    for (const { text } of names) await append(store, "a", Buffer.from(text));
    clock.wallMs += 2 * 86_400_000;
    store.use("a", names[1]?.sha256 ?? "");
    expect(store.expire((_owner, of) => of === names[2]?.sha256)).toBe(1);
    expect(names.map(({ sha256: of }) => store.view("a", of) !== undefined)).toEqual([false, true, true]);
  });
});
