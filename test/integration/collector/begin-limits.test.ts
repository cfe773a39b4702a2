import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";

/** The begin record of an execution's sidecar. */
function sidecarOf(on: IngestSite, x: string): { path: string; begin: Record<string, unknown> } {
  const paths = readdirSync(join(on.dataDir, "logs"), { recursive: true, encoding: "utf8" });
  const path = join(on.dataDir, "logs", paths.find((name) => name.includes(x) && name.endsWith(".meta")) ?? "");
  return { path, begin: JSON.parse(readFileSync(path, "utf8").split("\n")[0] ?? "") };
}

const LONG = "x".repeat(60_000);
const WIDE = "\u20ac".repeat(12_000);
const LABELS = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`label${i}`, LONG.slice(0, 400)]));

describe("a BEGIN whose members are beyond their limits", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["a command line of 60 kB", { argv: ["job", LONG] }, "argv"],
    ["a folder of 60 kB", { cwd: `/${LONG}` }, "cwd"],
    ["100 long labels", { labels: LABELS }, "labels"],
    ["a job's name of 60 kB", { job: LONG }, "job"],
    ["a node's name of 60 kB", { node: LONG }, "node"],
    ["characters of three octets each", { argv: ["job", WIDE], cwd: WIDE }, "argv"],
  ])("is cut, counted and logged, and loses no line: %s", async (_, members, cut) => {
    const on = await startIngestSite();
    const relay = await openRelay(on);
    const a = fakeExecution();
    await relay.send(a.lines(1, ["1"]), a.begin(members), a.lines(2, ["2"]), a.end(2));
    const execution = await on.archive.get(ROOT, a);
    expect(execution).toMatchObject({ delivery: "complete", lines: 2 });
    expect(JSON.stringify(execution).length).toBeLessThan(10_000);
    const { path, begin } = sidecarOf(on, a.x);
    expect(begin["cut"]).toContain(cut);
    expect(Buffer.byteLength(JSON.stringify(begin))).toBeLessThan(8_192 + 512);
    expect(await metric(on, "ml_store_cut_begins_total", `"${cut}"`)).toBe(1);
    expect(on.logLines.filter((line) => line.includes("BEGIN cut to its limits"))).toHaveLength(1);
    expect(statSync(path).size).toBeLessThan(10_000);
  });

  it("counts its real size against its owner's disk space", async () => {
    const on = await startIngestSite({ ownerLimits: { bytesOnDisk: 200_000 } });
    const relay = await openRelay(on);
    const all = Array.from({ length: 20 }, () => fakeExecution());
    for (const one of all) await relay.send(one.begin({ argv: ["job", LONG.slice(0, 4_000)], labels: LABELS }));
    // Sidecar, and in the index the summary and the text to search: 20 kB each, not 8 KiB.
    const stored = await Promise.all(all.map((one) => on.archive.get(ROOT, one)));
    expect(stored.filter((one) => one !== undefined).length).toBeLessThan(15);
    expect(await metric(on, "ml_store_refused_begins_total", '"bytes-on-disk"')).toBeGreaterThan(5);
  });

  it("cannot make a page of the list large: the page ends early with a cursor", async () => {
    const on = await startIngestSite();
    const relay = await openRelay(on);
    const all = Array.from({ length: 300 }, () => fakeExecution());
    await relay.send(...all.map((one) => one.begin({ argv: ["job", LONG], labels: LABELS })));
    const seen = new Set<string>();
    let before: string | undefined;
    for (let page = 0; page < 10; page += 1) {
      const { executions, next } = await on.archive.list(ROOT, { limit: 500, before });
      expect(JSON.stringify(executions).length).toBeLessThan(1_200_000);
      for (const { x } of executions) seen.add(x);
      if (next === null) break;
      before = next;
    }
    expect(seen.size).toBe(300);
  });
});

describe("a claimed start in the future", () => {
  it("counts as the time of arrival in lists and folders, also after a reindex; the claim is kept", async () => {
    const on = await startIngestSite();
    const relay = await openRelay(on);
    const [forged, later] = [fakeExecution(), fakeExecution()];
    const claimed = "9999-12-31T23:59:59.000000Z";
    await relay.send(forged.begin({ startedAt: claimed }), forged.end(0));
    const now = new Date(Date.now() + 1_000).toISOString().replace("Z", "000Z");
    await relay.send(later.begin({ startedAt: now }), later.end(0));
    const { executions } = await on.archive.list(ROOT, { limit: 10 });
    expect(executions.map(({ x }) => x)).toEqual([later.x, forged.x]);
    expect(Date.parse(executions[1]?.startedAt ?? "")).toBeLessThanOrEqual(Date.now());
    expect(readdirSync(join(on.dataDir, "logs/root")).join()).not.toContain("9999");
    expect(sidecarOf(on, forged.x).begin).toMatchObject({ claimedStartedAt: claimed });
    const before = await on.archive.get(ROOT, forged);
    await on.stop();
    const again = await startIngestSite({ dataDir: on.dataDir, reindex: true });
    expect(await again.archive.get(ROOT, forged)).toEqual(before);
  });
});

describe("an owner's executions on one node", () => {
  it("do not count against the owner's limits on another node", async () => {
    const on = await startIngestSite({ maxRunningPerOwner: 3, ownerLimits: { executionsPerMinute: 5 } });
    const relay = await openRelay(on);
    const flood = Array.from({ length: 10 }, () => fakeExecution({ node: "node1" }));
    await relay.send(...flood.map((one) => one.begin()));
    expect(await metric(on, "ml_store_refused_begins_total", '"running-executions"')).toBe(7);
    const other = fakeExecution({ node: "node2" });
    await relay.send(other.begin(), other.lines(1, ["1"]), other.end(1));
    expect(await on.archive.get(ROOT, other)).toMatchObject({ delivery: "complete", lines: 1 });
  });
});
