import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { poll } from "../support/poll.ts";
import { Site } from "../support/site.ts";
import { NumberLoad } from "./number-load.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

/** A site with two relays whose nodes print, and a fault of the collector. */
async function whileTwoNodesPrint(
  size: Size,
  fault: (site: Site, load: NumberLoad) => Promise<void>,
): Promise<Verdict> {
  const site = await Site.create();
  const relays = await site.startTwoRelays();
  const load = new NumberLoad({ site, relays, lines: size.lines });
  const injections = await load.inject(size, () => fault(site, load));
  return load.verdict(injections);
}

/** Whether frames wait on a node: on the relay's disk or in mlrun's spool. */
function isHeldBack(site: Site): boolean {
  const names = (folder: string) => {
    try {
      return readdirSync(join(site.folder, folder));
    } catch {
      return [];
    }
  };
  const isQueueFile = (name: string) => /^marcologger\.\d/.test(name);
  return ["node1", "node2"].some(
    (node) => names(`${node}-state`).some(isQueueFile) || names(`${node}-spool`).length > 0,
  );
}

export const collectorFaults: readonly Scenario[] = [
  {
    name: "collector: SIGKILL",
    short: { lines: 40_000, injections: 6, holdMs: 0 },
    long: { lines: 400_000, injections: 20, holdMs: 0 },
    run: (size) => whileTwoNodesPrint(size, async (site) => void (await site.restartCollector("SIGKILL"))),
  },
  {
    name: "collector: SIGTERM",
    short: { lines: 40_000, injections: 2, holdMs: 0 },
    long: { lines: 400_000, injections: 20, holdMs: 0 },
    run: (size) =>
      whileTwoNodesPrint(size, async (site) => {
        const stopped = site.collector;
        const { code } = await site.restartCollector("SIGTERM");
        if (code !== 0) throw new Error(`The collector was stopped, and ended with ${code}: ${stopped.output()}`);
      }),
  },
  {
    name: "collector: SIGSTOP, SIGCONT",
    // More than the queue in a relay's memory: it has to make its senders wait.
    short: { lines: 80_000, injections: 1, holdMs: 0 },
    long: { lines: 400_000, injections: 4, holdMs: 30_000 },
    run: (size) =>
      whileTwoNodesPrint(size, async (site, load) => {
        site.collector.signal("SIGSTOP");
        try {
          // The rest may fit into the relays' memory.
          await poll("output to be held back", () => load.hasEnded || isHeldBack(site), 60_000);
          await delay(size.holdMs);
        } finally {
          site.collector.signal("SIGCONT");
        }
      }),
  },
];
