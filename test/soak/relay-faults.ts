import { statSync } from "node:fs";
import { join } from "node:path";
import { poll } from "../support/poll.ts";
import { waitingReplays } from "../support/replay.ts";
import { type Relay, Site } from "../support/site.ts";
import { NumberLoad } from "./number-load.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

/** Least that a relay takes over from its mlrun before a fault, unless the output ends first. */
const TAKEN_BYTES = 200_000;
const TAKEN_WITHIN_MS = 30_000;

type Ending = "stop" | "kill";

/** Two relays that end while their nodes print, and restart as their units would. */
class Relays {
  readonly site: Site;
  /** The ones that run now. */
  readonly running: Relay[];

  constructor(site: Site, running: Relay[]) {
    this.site = site;
    this.running = running;
  }

  async end(how: Ending): Promise<void> {
    await Promise.all(this.running.map(({ rsyslogd }) => (how === "stop" ? rsyslogd.stop() : rsyslogd.kill())));
  }

  async start(): Promise<void> {
    const started = await Promise.all(this.running.map(({ node }) => this.site.restartRelay(node)));
    this.running.splice(0, this.running.length, ...started);
  }

  /** Waits until each has written more to its journal, or has nothing left to write. */
  async takeMore(load: NumberLoad): Promise<void> {
    const before = this.running.map(journalBytes);
    const isTaken = () => this.running.every((relay, i) => journalBytes(relay) - (before[i] ?? 0) >= TAKEN_BYTES);
    await poll("the relays to take more", () => isTaken() || load.hasEnded, TAKEN_WITHIN_MS);
  }

  /** Journal folders not yet replayed. */
  async unsent(): Promise<string[]> {
    const waiting = await Promise.all(this.running.map(({ stateDir }) => waitingReplays(stateDir)));
    return waiting.flat();
  }
}

function journalBytes({ stateDir }: Relay): number {
  return statSync(join(stateDir, "journal/current"), { throwIfNoEntry: false })?.size ?? 0;
}

async function whileTwoNodesPrint(
  size: Size,
  fault: (relays: Relays, load: NumberLoad) => Promise<void>,
): Promise<Verdict> {
  const site = await Site.create();
  const relays = new Relays(site, await site.startTwoRelays());
  const load = new NumberLoad({ site, relays: relays.running, lines: size.lines });
  const injections = await load.inject(size, () => fault(relays, load));
  const verdict = await load.verdict(injections);
  try {
    await poll(
      "every journal of an earlier start to be sent",
      async () => (await relays.unsent()).length === 0,
      60_000,
    );
    return verdict;
  } catch (error) {
    return { ...verdict, problems: [...verdict.problems, String(error)] };
  }
}

function whileTheCollectorIsUp(how: Ending): Scenario["run"] {
  return (size) =>
    whileTwoNodesPrint(size, async (relays) => {
      await relays.end(how);
      await relays.start();
    });
}

function whileTheCollectorIsDown(how: Ending): Scenario["run"] {
  return (size) =>
    whileTwoNodesPrint(size, async (relays, load) => {
      await relays.site.collector.end("SIGKILL");
      await relays.takeMore(load);
      await relays.end(how);
      await relays.start();
      await relays.site.startCollector();
    });
}

/** The relay's own faults; plain omrelp loses lines in the last three. */
export const relayFaults: readonly Scenario[] = [
  {
    name: "relay: stopped, collector up",
    short: { lines: 60_000, injections: 2, holdMs: 0 },
    long: { lines: 400_000, injections: 10, holdMs: 0 },
    run: whileTheCollectorIsUp("stop"),
  },
  {
    name: "relay: SIGKILL, collector up",
    short: { lines: 60_000, injections: 2, holdMs: 0 },
    long: { lines: 400_000, injections: 10, holdMs: 0 },
    run: whileTheCollectorIsUp("kill"),
  },
  {
    name: "relay: stopped, collector down, both started again",
    short: { lines: 60_000, injections: 1, holdMs: 0 },
    long: { lines: 400_000, injections: 10, holdMs: 0 },
    run: whileTheCollectorIsDown("stop"),
  },
  {
    name: "relay: SIGKILL, collector down, both started again",
    short: { lines: 60_000, injections: 1, holdMs: 0 },
    long: { lines: 400_000, injections: 10, holdMs: 0 },
    run: whileTheCollectorIsDown("kill"),
  },
];
