import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BlobSource } from "../../../src/agent/files/blob-source.ts";
import { cachedPath } from "../../../src/agent/files/cached-blob.ts";
import { FetchedBlobs } from "../../../src/agent/files/fetched-blobs.ts";
import { revokeNode } from "../../../src/ctl/pki/pki-renew.ts";
import { BlobStore } from "../../../src/fleet/blobs/blob-store.ts";
import { NodeFiles } from "../../../src/fleet/blobs/node-files.ts";
import type { Fleet } from "../../../src/fleet/fleet.ts";
import { createMetrics } from "../../../src/host/metrics.ts";
import { encodeOrder } from "../../../src/wire/fleet/order.ts";
import { afterwards } from "../../support/cleanup.ts";
import { deferred } from "../../support/deferred.ts";
import { FakeAgent } from "../../support/fake-agent.ts";
import { makeFleetPki, SILENT } from "../../support/fleet-broker.ts";
import { cancelOrder, FleetKey, runOrder } from "../../support/fleet-keys.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const BYTES = Buffer.alloc(3_000_000, "some bytes ");
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const sha256 = digest(BYTES);
let pki: string;
let fleet: Fleet;
let key: FleetKey;
let at: Awaited<ReturnType<Fleet["start"]>>;
let port: number;
const metrics = createMetrics();

beforeAll(async () => {
  pki = await makeFleetPki(["node1", "node2", "gone"]);
  const dataDir = await tempFolder();
  key = FleetKey.make(dataDir, "alice");
  fleet = newFleet({ pki, dataDir, metrics });
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
async function ordered(nodes: readonly string[], bytes = BYTES) {
  const file = {
    path: "~/x",
    sha256: digest(bytes),
    bytes: bytes.length,
    mode: 0o644,
    overwrite: false,
    unpack: "",
  } as const;
  const order = runOrder({ fleet: fleet.id, nodes, files: [file] });
  return { order, outcome: await fleet.submit(order, [key.signed(order)]) };
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
    expect(await fleet.cancel(cancelOrder(order), [key.signed(cancelOrder(order))])).toBe("stored");
    const later = await cacheOf("node1");
    expect(await later.blobs.want(wanted)).toBe("files-missing");
  });

  test("a run that only its node knows gives it no file: it may have made it up", async () => {
    const agent = await FakeAgent.connect(at, { pki, node: "node2" });
    const file = { path: "~/x", sha256, bytes: BYTES.length, mode: 0o644, overwrite: false, unpack: "" } as const;
    const order = runOrder({ fleet: fleet.id, nodes: ["node2"], files: [file] });
    expect(await agent.tell({ v: 1, kind: "order", order: encodeOrder(order), sig: "forged" })).toBe("+");
    expect((await fleet.run("alice", order.run))?.nodes).toHaveLength(1);
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

  test("a blob of another length than the order says is not taken, nor any byte of it", async () => {
    const { source, folder, blobs } = await cacheOf("node2");
    const path = join(folder, "x");
    for (const bytes of [BYTES.length - 1, BYTES.length + 1])
      expect(await source.fetch(wanted, { path, from: 0, bytes })).toBe("differs");
    expect(await blobs.want({ ...wanted, bytes: 5 })).toBe("files-differ");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a revoked certificate, one of no node, and none get nothing", async () => {
    expect((await ordered(["gone"])).outcome).toBe("stored");
    const { source, folder, blobs } = await cacheOf("gone");
    expect(await blobs.want(wanted)).toBe("");
    await revokeNode(pki, "gone");
    await fleet.reload();
    const to = { path: join(folder, "x"), from: 0, bytes: BYTES.length };
    await expect(source.fetch(wanted, to)).rejects.toThrow("403");
    const control = new BlobSource({ host: "127.0.0.1", port, pki, node: "fleet-control" });
    await expect(control.fetch(wanted, to)).rejects.toThrow("403");
    await expect(fetch(`https://127.0.0.1:${port}/blobs/alice/${sha256}`)).rejects.toThrow();
    expect(existsSync(to.path)).toBe(false);
    // The client may know of it first.
    const isCounted = async () => /ml_fleet_refused_transfers_total\{reason="tls"\} [1-9]/.test(await metrics.text());
    await poll("the refusal to be counted", isCounted);
  });

  test("a machine that only opens connections leaves room for nodes, and is counted", async () => {
    const open = async () => {
      const socket = connect({ host: "127.0.0.1", port, localAddress: "127.0.0.2" });
      socket.on("error", () => undefined);
      afterwards(() => void socket.destroy());
      await once(socket, "connect");
      return socket;
    };
    for (let i = 0; i < 1_024; i += 1) await open();
    const last = await open();
    await once(last, "close");
    expect(await metrics.text()).toMatch(/ml_fleet_refused_transfers_total\{reason="crowd"\} [1-9]/);
    expect((await ordered(["node1"])).outcome).toBe("stored");
    expect(await (await cacheOf("node1")).blobs.want(wanted)).toBe("");
  });

  test("a node that takes 8 files at a time is busy for another, which is counted", async () => {
    const large = Buffer.alloc(64 << 20, "large");
    await append(fleet.blobs, "alice", large);
    expect((await ordered(["node1"], large)).outcome).toBe("stored");
    const [cert, certKey] = ["crt", "key"].map((end) => readFileSync(join(pki, `node1.${end}`)));
    const options = {
      port,
      host: "127.0.0.1",
      cert,
      key: certKey,
      ca: readFileSync(join(pki, "ca.crt")),
      agent: false,
    };
    const asked = () => {
      const sent = request({ ...options, path: `/blobs/alice/${digest(large)}` });
      afterwards(() => void sent.destroy());
      sent.on("error", () => undefined).end();
      return once(sent, "response").then(([response]: IncomingMessage[]) => response?.statusCode);
    };
    // None of them is read on: they last.
    for (let i = 0; i < 8; i += 1) expect(await asked()).toBe(206);
    expect(await asked()).toBe(503);
    expect(await metrics.text()).toContain('ml_fleet_refused_transfers_total{reason="busy"} 1\n');
  });
});

describe("a node's cache", () => {
  /** Files of `kept` are older than the half of "part", by a minute each. */
  async function cacheWith(kept: readonly string[], maxBytes: number, arrived: Promise<void> = Promise.resolve()) {
    const folder = join(await tempFolder(), "cache");
    const froms: number[] = [];
    const blobs = new FetchedBlobs({
      ...{ folder, log: SILENT, maxBytes },
      fetch: async (blob, { path, from }) => {
        froms.push(from);
        await arrived;
        appendFileSync(path, (texts.get(blob.sha256) ?? "").slice(from));
        return "whole";
      },
    });
    const texts = new Map<string, string>();
    const named = (text: string) => {
      texts.set(digest(Buffer.from(text)), text);
      return { owner: "alice", sha256: digest(Buffer.from(text)), bytes: text.length };
    };
    const put = (text: string, ageMinutes: number, end = "", cut = text.length): string => {
      const path = cachedPath(folder, named(text)) + end;
      writeFileSync(path, text.slice(0, cut));
      const seconds = Date.now() / 1_000 - ageMinutes * 60;
      utimesSync(path, seconds, seconds);
      return path;
    };
    const paths = kept.map((text, i) => put(text, 10 + i));
    return { blobs, named, put, paths, froms };
  }

  test("makes room with others, not with the half that has come", async () => {
    const { blobs, named, put, paths, froms } = await cacheWith(["sixsix"], 10);
    put("ten bytes.", 60, ".part", 6);
    expect(await blobs.want(named("ten bytes."))).toBe("");
    expect([froms, paths.map((path) => existsSync(path))]).toEqual([[6], [false]]);
  });

  test("leaves room for the rest of the other files", async () => {
    const { promise: arrived, resolve: arrive } = deferred();
    const { blobs, named, paths } = await cacheWith(["four"], 10, arrived);
    const both = [blobs.want(named("fives")), blobs.want(named("two"))];
    arrive();
    expect([await Promise.all(both), paths.map((path) => existsSync(path))]).toEqual([["", ""], [false]]);
  });

  test("takes more than it fetches at a time, and says so where a file cannot be looked at", async () => {
    const { blobs, named } = await cacheWith([], 1_000);
    const many = Array.from({ length: 20 }, (_, i) => blobs.want(named(`file ${i}`)));
    expect(new Set(await Promise.all(many))).toEqual(new Set([""]));
    const odd = await cacheWith([], 1_000);
    const path = odd.put("loop", 0);
    rmSync(path);
    symlinkSync(path, path);
    expect(await odd.blobs.want(odd.named("loop"))).toBe("files");
  });
});

describe("the collector's store", () => {
  let refused: string[];
  const onRefused = (why: string) => void refused.push(why);
  beforeEach(() => {
    refused = [];
  });
  const storeOf = async (maxBytesPerUser: number, clock = { wallMs: Date.now() }) =>
    new BlobStore({
      folder: join(await tempFolder(), "files"),
      maxBytesPerUser,
      wallMs: () => clock.wallMs,
      onRefused,
    });

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
    expect(refused).toEqual(["quota", "quota"]);
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
    const start = () =>
      new BlobStore({ folder, maxBytesPerUser: 0, wallMs: Date.now, onRefused, freeBytes: () => free });
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
    expect(refused).toEqual(["disk", "disk", "disk"]);
  });

  test("who announces files and sends nothing of them holds no room for longer than ten minutes", async () => {
    let wallMs = Date.now();
    const folder = join(await tempFolder(), "files");
    const freeBytes = () => 268_435_456 + 1_000;
    const start = () => new BlobStore({ folder, maxBytesPerUser: 0, wallMs: () => wallMs, onRefused, freeBytes });
    const store = start();
    const announced = { sha256: digest(Buffer.alloc(1_000)), bytes: 1_000 };
    expect((await append(store, "a", Buffer.from("x"), announced)).is).toBe("stored");
    const others = Buffer.from("of somebody else");
    for (const each of [store, start()]) expect((await append(each, "b", others)).is).toBe("disk");
    wallMs += 600_001;
    for (const each of [store, start()]) expect((await append(each, "b", others)).is).toBe("stored");
    // It goes on where there is room.
    expect((await append(store, "a", Buffer.alloc(9), { ...announced, offset: 1 })).is).toBe("stored");
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

  test("refused and removed files are counted", async () => {
    let wallMs = Date.now();
    const counts = createMetrics();
    const files = new NodeFiles({
      ...{ listen: { host: "127.0.0.1", port: 0 }, pki, folder: join(await tempFolder(), "files"), bytesPerUser: 10 },
      ...{ isNamed: () => false, nodeOf: () => undefined, log: SILENT, metrics: counts, wallMs: () => wallMs },
    });
    await append(files.blobs, "a", Buffer.from("12345678"));
    await append(files.blobs, "a", Buffer.from("12345"));
    wallMs += 2 * 86_400_000;
    files.expire();
    const text = await counts.text();
    expect(text).toContain('ml_fleet_refused_transfers_total{reason="quota"} 1\n');
    expect(text).toContain("ml_fleet_expired_files_total 1\n");
  });
});
