import { type Relay, Site } from "../support/site.ts";
import { NumberLoad } from "./number-load.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

const NODES = ["node1", "node2"] as const;

/** The sockets go away with their relay while the node's mlrun prints, and come back with it. */
async function runSocketsGone(size: Size): Promise<Verdict> {
  const site = await Site.create();
  const relays: Relay[] = [];
  for (const node of NODES) relays.push(await site.startRelay(node));
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
  const relays: Relay[] = [];
  for (const node of NODES) {
    const relay = await site.startRelay(node);
    await relay.rsyslogd.stop();
    relays.push(relay);
  }
  const load = new NumberLoad({ site, relays, lines: size.lines });
  await load.untilEnded();
  const isStoredEarly = load.progress > 0;
  for (const node of NODES) await site.restartRelay(node);
  const verdict = await load.verdict(NODES.length);
  return isStoredEarly ? { ...verdict, problems: ["lines came without a relay"] } : verdict;
}

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
