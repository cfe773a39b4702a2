import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DiskForecast } from "../../../src/keeping/disk-forecast.ts";
import { Keeper, ONLY_HELD_LEFT } from "../../../src/keeping/keeper.ts";
import { Reserve } from "../../../src/store/disk/reserve.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { metric, openRelay, ROOT } from "../../support/ingest-site.ts";
import { NOW, startKeepingSite } from "../../support/keeping-site.ts";
import { NO_RETENTION } from "../../support/no-retention.ts";
import { poll } from "../../support/poll.ts";
import { describeAsRoot } from "../../support/root.ts";
import { SmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const DISK_MEGABYTES = 24;
const EXECUTIONS = 24;
const LINES = 60;

describeAsRoot("a disk that is full", () => {
  test("loses its oldest executions and stores again by itself; where all is kept, relays wait and an alarm says so", async () => {
    const dataDir = join(await tempFolder(), "data");
    const disk = await SmallDisk.mount(dataDir, DISK_MEGABYTES);
    const site = await startKeepingSite({ ingest: { dataDir } });
    const { on } = site;
    const relay = await openRelay(on);
    const all = Array.from({ length: EXECUTIONS }, () => fakeExecution({ job: "large" }));
    const text = "x".repeat(5_000);
    for (const [i, one] of all.entries()) {
      const at = { startedAt: `2026-11-20T08:00:${String(i).padStart(2, "0")}.000000Z` };
      const lines = Array.from({ length: LINES }, (_, n) => one.lines(n + 1, [text]));
      await relay.send(one.begin(at), ...lines, one.end(LINES, { endedAt: at.startedAt }));
    }
    // The index does not know yet that they have ended, and cannot learn it any more.
    disk.fill(0);
    let nowMs = Date.parse(NOW);
    const policy = { minFree: { bytes: 2_000_000 } };
    const holdBack = (reason: string | undefined) => on.kept.holdBack(reason);
    const keeper = new Keeper({
      sweeper: site.sweeper(policy),
      store: { holdBack, disk: () => on.kept.disk() },
      policy: { ...NO_RETENTION, ...policy },
      forecast: new DiskForecast(),
      oldFiles: async () => undefined,
      log: { event: (severity, message) => void on.logLines.push(`${severity} ${message}`) },
      nowMs: () => nowMs,
    });
    // More than fits.
    const next = fakeExecution();
    for (const frame of [next.begin(), next.lines(1, ["at last"])]) relay.command("syslog", frame);
    await poll("the alarm", () => on.store.failure !== undefined);
    // What waited, and the index, may use some of the two megabytes at once: the next sweep makes it good.
    await poll("room", async () => {
      await keeper.look();
      nowMs += 60_000;
      return (on.kept.disk()?.freeBytes ?? 0) > 1_000_000;
    });
    await poll("the next execution", async () => (await on.archive.get(ROOT, next))?.lines === 1);
    const left = on.kept.oldest(undefined, 100).filter(({ job }) => job === "large");
    expect(left.length).toBeLessThan(EXECUTIONS);
    // The oldest went.
    expect(left.map(({ x }) => x)).toEqual(all.slice(-left.length).map(({ x }) => x));

    const { holds } = site;
    holds.place({ owner: "root", by: "admin", user: "carol", since: NOW, job: "large" });
    disk.free();
    disk.fill(500_000);
    nowMs += 60_000;
    await keeper.look();
    expect(on.store.failure).toBe(ONLY_HELD_LEFT);
    expect(await metric(on, "ml_store_failing")).toBe(1);
    relay.command("syslog", next.lines(2, ["waits"]));
    await keeper.look();
    expect(await on.archive.get(ROOT, next)).toMatchObject({ lines: 1 });
    expect(on.logLines.filter((line) => line.includes("relays wait") && line.includes("min-free"))).toHaveLength(1);

    holds.release({ owner: "root", job: "large" }, "admin");
    nowMs += 60_000;
    await keeper.look();
    await keeper.look();
    expect(on.store.failure).toBeUndefined();
    await poll("the line that waited", async () => (await on.archive.get(ROOT, next))?.lines === 2);
  });

  test("has space set aside for the first deletion", async () => {
    const large = join(await tempFolder(), "large");
    const disk = await SmallDisk.mount(large, 100);
    const reserve = new Reserve(large, join(large, "_reserve"));
    expect(reserve.make()).toBeUndefined();
    disk.fill(0);
    expect([reserve.spend(), reserve.spend()]).toEqual([true, false]);
    // Not from what was just freed.
    expect(reserve.make()).toBeUndefined();
    expect(existsSync(join(large, "_reserve"))).toBe(false);
  });
});
