import { join } from "node:path";
import type { Execution } from "../../src/wire/api.ts";
import { cleanEnvironment, startMlrun } from "../support/mlrun.ts";
import { poll } from "../support/poll.ts";
import { Site } from "../support/site.ts";
import { NumberLoad } from "./number-load.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

const PATIENCE_MS = 120_000;

/** The sockets go away with their relay while the node's mlrun prints, and come back with it. */
async function runSocketsGone(size: Size): Promise<Verdict> {
  const site = await Site.create();
  const relays = await site.startTwoRelays();
  const load = new NumberLoad({ site, relays, lines: size.lines });
  const injections = await load.inject(size, async (i) => {
    const at = i % relays.length;
    const relay = relays[at];
    if (relay === undefined) return;
    await relay.rsyslogd.stop();
    relays[at] = await site.restartRelay(relay.node);
  });
  return load.verdict(injections);
}

/** No relay while the commands run: what they printed waits in the spool. */
async function runRelayLater(size: Size): Promise<Verdict> {
  const site = await Site.create();
  const relays = await site.startTwoRelays();
  for (const { rsyslogd } of relays) await rsyslogd.stop();
  const load = new NumberLoad({ site, relays, lines: size.lines });
  await load.untilEnded();
  const isStoredEarly = load.progress > 0;
  for (const { node } of relays) await site.restartRelay(node);
  const verdict = await load.verdict(relays.length);
  return isStoredEarly ? { ...verdict, problems: ["lines came without a relay"] } : verdict;
}

/** mlruns that print without end are killed; each becomes lost by the collector's own clock. */
async function runKilled(size: Size): Promise<Verdict> {
  const site = await Site.create();
  const relays = await site.startTwoRelays();
  const api = await site.api();
  const all = (what: string, count: number, isSo: (one: Execution) => boolean) =>
    poll(
      what,
      async () => {
        const executions = await api.executions("job=killed");
        return executions.length === count && executions.every(isSo) && executions;
      },
      PATIENCE_MS,
    );
  const each = Math.ceil(size.lines / size.injections);
  // One after the other: many that print without end would fill the user's spool, which drops lines by design.
  for (let i = 0; i < size.injections; i += 1) {
    const { runDir, node } = relays[i % relays.length] ?? { runDir: "", node: "" };
    const env = cleanEnvironment({ MLRUN_RUN_DIR: runDir, MLRUN_SPOOL_DIR: join(site.folder, `${node}-spool`) });
    const running = startMlrun(["--job", "killed", "--quiet", "--one-line-frames", "--", "seq", "1000000000"], { env });
    await all("enough lines", i + 1, ({ lines }) => lines >= each);
    running.signal("SIGKILL");
    await running.ended;
  }
  for (const relay of relays) await site.flushSpool(relay, PATIENCE_MS);
  const lost = await all("each to be lost", size.injections, ({ state }) => state === "lost");
  const counts: { lines: number; isInOrder: boolean; isExactlyOnce: boolean }[] = [];
  for (const { x, lines, missing } of lost) {
    // Late lines stay in a file of their own: more might come.
    const texts = (await api.raw(x)).toString().split("\n").slice(0, -1);
    const isInOrder = texts.every((text, i) => text === String(i + 1));
    counts.push({ lines, isInOrder, isExactlyOnce: isInOrder && texts.length === lines && missing.length === 0 });
  }
  const holes = lost.filter(({ missing }) => missing.length > 0).map(({ x, missing }) => `${x} misses ${missing}`);
  return {
    injections: lost.length,
    lines: counts.reduce((sum, { lines }) => sum + lines, 0),
    isExactlyOnce: counts.every((count) => count.isExactlyOnce),
    isInOrder: counts.every((count) => count.isInOrder),
    // None of them ever reports its total: lost is all that can be known.
    isComplete: lost.every(({ endedAt }) => endedAt === null),
    problems: holes,
  };
}

/** Takes half a minute however little it prints: a test with its own clock is the short form. */
export const mlrunKilled: Scenario = {
  name: "mlrun: SIGKILL",
  short: { lines: 20_000, injections: 2, holdMs: 0 },
  long: { lines: 400_000, injections: 20, holdMs: 0 },
  run: runKilled,
};

export const mlrunFaults: readonly Scenario[] = [
  {
    name: "mlrun: its relay's sockets gone and back",
    short: { lines: 40_000, injections: 2, holdMs: 0 },
    long: { lines: 400_000, injections: 20, holdMs: 0 },
    run: runSocketsGone,
  },
  {
    name: "mlrun: the relay started after the command ended",
    // One read of such lines makes more frames than mlrun holds.
    short: { lines: 60_000, injections: 2, holdMs: 0 },
    long: { lines: 400_000, injections: 2, holdMs: 0 },
    run: runRelayLater,
  },
];
