import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Tombstones } from "../../../src/store/removal/tombstones.ts";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const all = (a: FakeExecution) => [a.begin(), a.lines(1, ["1", "2"]), a.beat(2, 1), a.end(2), a.lines(3, ["3"])];
const filesOf = (dataDir: string, { x }: FakeExecution) =>
  readdirSync(join(dataDir, "logs"), { recursive: true, encoding: "utf8" }).filter((name) => name.includes(x));
const isKnown = async (on: IngestSite, { x, node }: FakeExecution) =>
  (await on.archive.get(ROOT, { x, node })) !== undefined;

describe("an execution that was deleted", () => {
  it("is gone with its files; replayed frames are acknowledged, counted, and bring nothing back", async () => {
    const on = await startIngestSite();
    const [a, other] = [fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    await relay.send(...all(a), ...all(other));
    expect(await on.archive.remove(ROOT, a)).toBe("removed");
    expect(filesOf(on.dataDir, a)).toEqual([]);
    // On the connection that knows it, and on a new one.
    for (const sender of [relay, await openRelay(on)]) await sender.send(...all(a), a.begin());
    expect(await metric(on, "ml_store_discarded_lines_total", '"deleted"')).toBe(6);
    expect(await isKnown(on, a)).toBe(false);
    expect(filesOf(on.dataDir, a)).toEqual([]);
    expect(await metric(on, "ml_quarantine_bytes")).toBe(0);
    expect(await on.archive.nodes(ROOT)).toMatchObject([{ node: "node1", executions: 1, running: 0 }]);
    expect((await on.archive.jobs(ROOT)).map(({ job }) => job)).toEqual([other.x]);
    expect(await on.archive.remove(ROOT, a)).toBe("missing");
  });

  it("is deleted also when it leaves the memory meanwhile", async () => {
    const dataDir = await tempFolder();
    const before = await startIngestSite({ dataDir });
    const a = fakeExecution();
    await (await openRelay(before)).send(a.begin(), a.lines(1, ["1", "2"]), a.end(2));
    await before.stop();
    let nowMs = Date.now();
    const on = await startIngestSite({ dataDir, nowMs: () => nowMs });
    const removed = on.archive.remove(ROOT, a);
    nowMs += 61_000;
    expect(on.store.slots.forgetIdle().map(({ facts }) => facts.x)).toEqual([a.x]);
    expect(await removed).toBe("removed");
    expect([await isKnown(on, a), filesOf(dataDir, a)]).toEqual([false, []]);
  });

  it.each([
    ["a restart", {}],
    ["a reindex", { reindex: true }],
  ])("stays away after %s", async (_, options) => {
    const dataDir = await tempFolder();
    const on = await startIngestSite({ dataDir });
    const a = fakeExecution();
    await (await openRelay(on)).send(...all(a));
    await on.archive.remove(ROOT, a);
    await on.stop();
    if ("reindex" in options) for (const end of ["", "-wal"]) rmSync(join(dataDir, `index.db${end}`), { force: true });
    const again = await startIngestSite({ dataDir, ...options });
    await (await openRelay(again)).send(...all(a));
    expect(await isKnown(again, a)).toBe(false);
    expect(filesOf(dataDir, a)).toEqual([]);
  });

  it("is removed for good by the next start after a crash between tombstone and files", async () => {
    const dataDir = await tempFolder();
    const on = await startIngestSite({ dataDir });
    const a = fakeExecution();
    await (await openRelay(on)).send(...all(a));
    const base = filesOf(dataDir, a)[0]?.replace(/\.\w+$/, "") ?? "";
    const keyHash = [...on.store.slots.values()].find(({ identity }) => identity.x === a.x)?.identity.keyHash ?? "";
    await on.stop();
    const tombstones = new Tombstones(join(dataDir, "logs/_deleted"));
    tombstones.add({ node: a.node, x: a.x, keyHash, base, deletedAtMs: Date.now() });
    const again = await startIngestSite({ dataDir });
    expect(await isKnown(again, a)).toBe(false);
    expect(filesOf(dataDir, a)).toEqual([]);
  });

  it("and whose files cannot be removed does not block a start, and goes once they can", async () => {
    const dataDir = await tempFolder();
    const on = await startIngestSite({ dataDir });
    const a = fakeExecution();
    await (await openRelay(on)).send(...all(a));
    const inTheWay = join(dataDir, "logs", filesOf(dataDir, a)[0]?.replace(/\.\w+$/, ".late.log") ?? "");
    mkdirSync(inTheWay);
    await expect(on.archive.remove(ROOT, a)).rejects.toThrow(/late\.log/);
    await on.stop();
    const again = await startIngestSite({ dataDir });
    expect(again.logLines.filter((line) => line.includes("cannot finish a deletion"))).toEqual([
      expect.stringContaining(inTheWay),
    ]);
    await again.stop();
    rmdirSync(inTheWay);
    const mended = await startIngestSite({ dataDir });
    expect(await isKnown(mended, a)).toBe(false);
    expect(filesOf(dataDir, a)).toEqual([]);
  });

  it("must not be running or another user's", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, ["1"]));
    const bob = { user: "bob", uid: 1001, admin: false };
    expect(await on.archive.remove(ROOT, a)).toBe("running");
    await relay.send(a.end(1));
    expect(await on.archive.remove(bob, a)).toBe("missing");
    expect(await isKnown(on, a)).toBe(true);
  });

  it("removes nothing outside the logs, whatever its tombstone says", async () => {
    const tombstones = new Tombstones(join(await tempFolder(), "deleted"));
    for (const base of [
      "../x",
      "/etc/passwd",
      "u/../../x",
      "u/2026-01-01/../x",
      "_quarantine/2026-01-01/x",
      "u/x",
      "",
    ]) {
      tombstones.add({ node: "n", x: "x", keyHash: "k", base, deletedAtMs: 1 });
    }
    expect([...tombstones.all()]).toEqual([]);
  });

  it("is remembered for 400 days", async () => {
    const folder = join(await tempFolder(), "deleted");
    const tombstones = new Tombstones(folder);
    const [oldMs, newMs] = [Date.UTC(2025, 0, 1), Date.UTC(2026, 0, 1)];
    for (const deletedAtMs of [oldMs, newMs]) {
      tombstones.add({ node: "n", x: "x", keyHash: "k", base: "u/2026-01-01/b", deletedAtMs });
    }
    tombstones.expire(oldMs + 399 * 86_400_000);
    expect([...tombstones.all()]).toHaveLength(2);
    expect(tombstones.expire(oldMs + 401 * 86_400_000)).toBe(newMs);
    expect([...tombstones.all()].map(({ deletedAtMs }) => deletedAtMs)).toEqual([newMs]);
    expect(existsSync(join(folder, "2025-01-01.jsonl"))).toBe(false);
  });
});

describe("an execution whose files were removed by hand", () => {
  it.each(["ended", "running"])("and that had %s is forgotten, and its owner gets the space back", async (state) => {
    const dataDir = await tempFolder();
    const ownerLimits = { bytesOnDisk: 30_000 };
    const on = await startIngestSite({ dataDir, ownerLimits });
    const [a, next] = [fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, ["x".repeat(7_000)]), a.lines(2, ["x".repeat(7_000)]));
    await relay.send(a.lines(3, ["x".repeat(7_000)]), ...(state === "ended" ? [a.end(3)] : []));
    await on.stop();
    for (const name of filesOf(dataDir, a)) rmSync(join(dataDir, "logs", name));
    const again = await startIngestSite({ dataDir, ownerLimits });
    if (state === "ended") expect((await again.archive.list(ROOT, { limit: 1 })).executions).toHaveLength(1);
    expect(await isKnown(again, a)).toBe(false);
    expect((await again.archive.list(ROOT, { limit: 1 })).executions).toEqual([]);
    expect(await again.archive.remove(ROOT, a)).toBe("missing");
    await (await openRelay(again)).send(next.begin(), next.lines(1, ["there is room"]));
    expect(await again.archive.get(ROOT, next)).toMatchObject({ lines: 1 });
    expect(again.logLines.filter((line) => line.includes(a.x))).toEqual([
      expect.stringContaining("files were removed"),
    ]);
  });
});
