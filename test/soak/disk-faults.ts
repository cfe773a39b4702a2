import { setTimeout as delay } from "node:timers/promises";
import { FailingDisk } from "../support/failing-disk.ts";
import { poll } from "../support/poll.ts";
import { Site } from "../support/site.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { NumberLoad } from "./number-load.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

/** All logs of the long form, a second copy while late lines are merged, and the index. */
const DISK_MEGABYTES = 96;
/** Free space at the fault: a moment's output. */
const LEFT_BYTES = 50_000;

/** How a disk fails and recovers. */
interface Disk {
  fail(): void;
  mend(): void;
}

/** Two nodes print while the collector's disk fails and recovers: raises an alarm, and loses nothing. */
async function whileDiskFails(site: Site, size: Size, disk: Disk): Promise<Verdict> {
  const relays = await site.startTwoRelays();
  const load = new NumberLoad({ site, relays, lines: size.lines });
  const isFailing = async () => (await fetch(`${site.origin}/healthz`)).status === 503;
  let alarms = 0;
  const injections = await load.inject(size, async () => {
    disk.fail();
    // The remaining output may fit. Asked once: what still fits into the last page of a file ends the alarm for a moment.
    const outcome = async () => ((await isFailing()) ? "alarm" : load.progress >= 1 && "stored");
    if ((await poll("the alarm", outcome, 60_000)) === "alarm") alarms += 1;
    await delay(size.holdMs);
    disk.mend();
  });
  const verdict = await load.verdict(injections);
  await poll("the alarm to end", async () => !(await isFailing()), 60_000);
  return alarms > 0 ? verdict : { ...verdict, problems: [...verdict.problems, "There was no alarm"] };
}

export const diskFaults: readonly Scenario[] = [
  {
    name: "collector: disk full",
    needsRoot: true,
    // Fewer are stored before the disk is filled.
    short: { lines: 500_000, injections: 2, holdMs: 0 },
    long: { lines: 1_000_000, injections: 20, holdMs: 5_000 },
    run: async (size) => {
      const site = await Site.create();
      await site.collector.end("SIGTERM");
      const disk = await SmallDisk.mount(site.dataDir, DISK_MEGABYTES);
      await site.startCollector();
      let times = 0;
      // The first time not a byte is left: what is left at random may hold all that is still to come.
      const fail = () => disk.fill(times++ === 0 ? 0 : Math.floor(Math.random() * LEFT_BYTES));
      return whileDiskFails(site, size, { fail, mend: () => disk.free() });
    },
  },
  {
    name: "collector: disk broken",
    short: { lines: 100_000, injections: 2, holdMs: 0 },
    long: { lines: 400_000, injections: 20, holdMs: 1_000 },
    run: async (size) => {
      const disk = await FailingDisk.make();
      return whileDiskFails(await Site.create({ disk }), size, disk);
    },
  },
];
