import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import WebSocket from "ws";
import { ApiClient } from "../../support/api-client.ts";
import { afterwards } from "../../support/cleanup.ts";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { FakeItems } from "../../support/fake-items.ts";
import { type IngestSite, metric, openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { describeAsRoot } from "../../support/root.ts";
import { Site } from "../../support/site.ts";
import { SmallDisk } from "../../support/small-disk.ts";
import { storedNumbers } from "../../support/stored-numbers.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { signedIn, startWeb } from "../../support/web.ts";

async function site(): Promise<IngestSite & { disk: SmallDisk }> {
  const dataDir = join(await tempFolder(), "data");
  const disk = await SmallDisk.mount(dataDir, 8);
  const started = await startIngestSite({ dataDir, maxRangesInMemory: 16 });
  return { ...started, disk };
}

const COUNT = 600;
const text = (n: number) => `line ${n} `.padEnd(1_000, "x");
const numbers = Array.from({ length: COUNT }, (_, i) => i + 1);
const lines = (a: FakeExecution, order: readonly number[]) => order.map((n) => a.lines(n, [text(n)]));

/** What all files hold, those of the quarantine among them. */
function contents(folder: string): string {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return paths.map((path) => (statSync(path).isFile() ? readFileSync(path, "latin1") : "")).join("");
}

describeAsRoot("a full disk of the collector", () => {
  it.each<[string, (a: FakeExecution) => string[]]>([
    ["in the log", (a) => [a.begin(), ...lines(a, numbers)]],
    [
      "in log, sidecar and line numbers of great disorder",
      (a) => {
        const [odd, even] = [numbers.filter((n) => n % 2 === 1), numbers.filter((n) => n % 2 === 0)];
        return [a.begin(), ...lines(a, odd), ...lines(a, even.toReversed())];
      },
    ],
    ["in the quarantine", (a) => [...lines(a, numbers), a.begin()]],
    [
      "in index and sidecars of new executions",
      (a) => {
        const others = Array.from({ length: 300 }, () => fakeExecution());
        return [a.begin(), ...others.map((one) => one.begin()), ...lines(a, numbers)];
      },
    ],
  ])("%s: acknowledges nothing unstored, raises an alarm, and recovers by itself", async (_, frames) => {
    const on = await site();
    const a = fakeExecution();
    const relay = await openRelay(on);
    on.disk.fill(120_000);
    const sent = frames(a);
    for (const frame of sent) relay.command("syslog", frame);
    await poll("the alarm", () => on.store.failure !== undefined);
    expect(on.store.failure).toMatch(/ENOSPC|SQLITE_FULL/);
    expect(await metric(on, "ml_store_failing")).toBe(1);
    // The answer to open is one of them.
    expect(relay.replies.length).toBeLessThan(sent.length);
    const acknowledged = sent
      .slice(0, relay.replies.length - 1)
      .flatMap((frame) => / (line \d+ )/.exec(frame)?.[1] ?? []);
    const onDisk = contents(join(on.disk.folder, "logs"));
    expect(acknowledged.filter((start) => !onDisk.includes(` F ${start}`))).toEqual([]);
    // What is stored is whole and can be read while the disk is full.
    await storedNumbers(on, a, text);
    await on.archive.list(ROOT, { limit: 10 });
    on.disk.free();
    await relay.answered(sent.length + 1);
    expect(await storedNumbers(on, a, text)).toEqual(numbers);
    await poll("the alarm to end", () => on.store.failure === undefined);
    const told = on.logLines.filter((line) => /cannot store|storing again/.test(line));
    expect(told[0]).toMatch(/^error cannot store/);
    expect(told.at(-1)).toMatch(/^notice storing again/);
    expect(told.length).toBeLessThan(12);
    await relay.send(a.end(COUNT));
    expect(await on.archive.get(ROOT, a)).toMatchObject({ delivery: "complete", lines: COUNT, missing: [] });
  });

  it("costs the owner no quota, however often a BEGIN is retried", async () => {
    const dataDir = join(await tempFolder(), "data");
    const disk = await SmallDisk.mount(dataDir, 8);
    const ownerLimits = { executionsPerMinute: 2 };
    const on = await startIngestSite({ dataDir, maxRunningPerOwner: 2, ownerLimits, nowMs: () => 1_790_000_000_000 });
    const [first, second] = [new FakeItems(), new FakeItems()];
    await first.begin(on);
    disk.fill(0);
    for (let i = 0; i < 5; i += 1) expect(await second.claim(on)).toBe("unavailable");
    disk.free();
    await second.begin(on);
    expect(await on.archive.get(ROOT, second)).toMatchObject({ state: "running" });
    expect(await metric(on, "ml_store_refused_begins_total")).toBe(0);
  });

  it("is mended by deleting, in the viewer as well", async () => {
    const on = await site();
    const [large, next] = [fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    await relay.send(large.begin(), ...lines(large, numbers), large.end(COUNT), next.begin());
    on.disk.fill(0);
    relay.command("syslog", next.lines(1, ["waits ".padEnd(5_000, ".")]));
    await poll("the alarm", () => on.store.failure !== undefined);
    expect(await on.archive.remove(ROOT, large)).toBe("removed");
    await relay.send(next.end(1));
    expect(await on.archive.get(ROOT, next)).toMatchObject({ delivery: "complete", lines: 1 });
    await relay.send(large.begin());
    expect(await on.archive.get(ROOT, large)).toBeUndefined();
  });

  it("cuts no answer and ends no viewer: sessions count from their last recorded use", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    afterwards(() => void vi.useRealTimers());
    const [minuteMs, hourMs] = [60_000, 3_600_000];
    const start = Date.parse("2026-11-20T00:00:00Z");
    let nowMs = start;
    const dataDir = join(await tempFolder(), "data");
    const disk = await SmallDisk.mount(dataDir, 8);
    const limits = { sessionIdleHours: 2, sessionDays: 1 };
    const web = await startWeb({ dataDir, limits, wallMs: () => nowMs, pingEveryMs: 24 * hourMs });
    const execution = web.archive.add({ x: fakeExecution().x });
    execution.store(1, 4_000, () => "x".repeat(900));
    const alice = await signedIn(web.origin, "alice");
    const headers = { cookie: alice.cookie, origin: web.origin };
    const viewer = new WebSocket(`${web.origin.replace("http", "ws")}/live`, { headers });
    afterwards(() => viewer.terminate());
    const closed = once(viewer, "close");
    await once(viewer, "open");
    disk.fill(0);
    nowMs += 2 * minuteMs;
    vi.advanceTimersByTime(minuteMs);
    const page = await alice.get(`/api/executions/${execution.x}/lines?limit=5000`);
    expect(page.json).toMatchObject({ lines: { length: 4_000 } });
    expect(web.events.filter((event) => event.includes("cannot"))).toEqual([
      expect.stringMatching(/^error cannot keep a session in use .*disk is full/),
    ]);
    disk.free();
    vi.advanceTimersByTime(minuteMs);
    nowMs = start + 2 * hourMs + minuteMs;
    expect((await alice.get("/api/me")).status).toBe(200);
    disk.fill(0);
    nowMs = start + 24 * hourMs;
    vi.advanceTimersByTime(minuteMs);
    expect(await closed).toMatchObject([4401, expect.anything()]);
    expect(web.events.at(-1)).toMatch(/^error cannot remove ended sessions .*disk is full/);
  });

  it("shows in /healthz and /metrics; a relay delivers all of a command's lines once there is room", async () => {
    const site = await Site.create();
    await site.collector.end("SIGTERM");
    const disk = await SmallDisk.mount(site.dataDir, 8);
    await site.startCollector();
    const relay = await site.startRelay("node1");
    const api = await site.api();
    disk.fill(300_000);
    const count = 30_000;
    const run = site.mlrun(relay, ["--job", "full", "--quiet", "--", "seq", String(count)]);
    const health = async () => (await api.request("/healthz")).status;
    await poll("the alarm", async () => (await health()) === 503);
    expect(await site.metrics()).toMatch(/^ml_store_failing 1$/m);
    expect(site.collector.output()).toMatch(/cannot store/);
    // The command does not wait for the collector's disk, and the viewer answers.
    expect((await run).code).toBe(0);
    expect((await api.request("/api/executions")).status).toBe(200);
    // Viewers that come or leave do not bring it down either.
    const stranger = new ApiClient(site.origin);
    expect(await stranger.login({ code: "wrong" })).toBe(401);
    disk.free();
    const { x } = await api.untilExecution("complete", ({ delivery }) => delivery === "complete", 60_000);
    expect((await api.raw(x)).toString()).toBe(`${Array.from({ length: count }, (_, i) => i + 1).join("\n")}\n`);
    await poll("the alarm to end", async () => (await health()) === 200);
    expect(site.collector.output()).toMatch(/storing again/);
    const remove = () => api.request(`/api/executions/${x}?node=node1`, { method: "DELETE" });
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    expect(await api.executions()).toEqual([]);
  }, 180_000);
});
