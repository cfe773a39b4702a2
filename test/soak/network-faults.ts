import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { FaultProxy } from "../support/fault-proxy.ts";
import { poll } from "../support/poll.ts";
import { Site } from "../support/site.ts";
import { NumberLoad } from "./number-load.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

const SHORT: Size = { lines: 40_000, injections: 2, holdMs: 0 };
const LONG: Size = { lines: 400_000, injections: 20, holdMs: 1_000 };
/** A TLS handshake as rsyslogd's has about this many octets from its side, certificate included. */
const HANDSHAKE_BYTES = 1_500;
const CUT_HANDSHAKES = 2;
const DROPPED_WITHIN_MS = 1_000;

/** Two nodes print, and a fault of the network between their relays and the collector. */
function networkFault(name: string, fault: (proxy: FaultProxy, size: Size, i: number) => Promise<void>): Scenario {
  async function run(size: Size): Promise<Verdict> {
    const site = await Site.create();
    const proxy = await FaultProxy.start(site.relpPort);
    const relays = await site.startTwoRelays({ collectorPort: proxy.port });
    const load = new NumberLoad({ site, relays, lines: size.lines });
    const injections = await load.inject(size, async (i) => {
      await fault(proxy, size, i);
      proxy.pass();
    });
    return load.verdict(injections);
  }
  return { name: `network: ${name}`, short: SHORT, long: LONG, run };
}

export const networkFaults: readonly Scenario[] = [
  networkFault("connections reset", async (proxy) => proxy.reset()),
  networkFault("half-closed by either end", async (proxy, _, i) =>
    proxy.halfClose(i % 2 === 0 ? "relay" : "collector"),
  ),
  networkFault("stalled, then going on", async (proxy, { holdMs }) => {
    proxy.stall();
    await delay(holdMs);
  }),
  networkFault("everything dropped both ways, then reset", async (proxy, { holdMs }) => {
    proxy.drop();
    const before = proxy.droppedBytes;
    // Nothing is dropped if a relay has already sent everything.
    const isDropped = () => proxy.droppedBytes > before || proxy.links === 0;
    await poll("something to be dropped", isDropped, DROPPED_WITHIN_MS).catch(() => undefined);
    await delay(holdMs);
    proxy.reset();
  }),
  networkFault("late by 100 ms each way, then reset", async (proxy, { holdMs }) => {
    proxy.delay(100);
    await delay(holdMs);
    proxy.reset();
  }),
  networkFault("refused for a while", async (proxy, { holdMs }) => {
    proxy.refuse();
    proxy.reset();
    await poll("the connections to be gone", () => proxy.links === 0);
    await delay(holdMs);
    await proxy.listen();
  }),
  networkFault("cut in the middle of TLS handshakes", async (proxy) => {
    // Each costs a relay the second that it waits before the next attempt.
    proxy.cutNextAfter(Array.from({ length: CUT_HANDSHAKES }, () => randomInt(1, HANDSHAKE_BYTES)));
    proxy.reset();
  }),
  networkFault("cut in the middle of a frame", async (proxy) => proxy.cutAfter(randomInt(1, 100_000))),
];
