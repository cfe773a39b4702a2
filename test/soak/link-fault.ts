import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterwards } from "../support/cleanup.ts";
import { run } from "../support/processes.ts";
import { Site } from "../support/site.ts";
import { NumberLoad } from "./number-load.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

/** TEST-NET-2 of RFC 5737: on no real network. */
const [COLLECTOR_IP, NODE_IP, PREFIX] = ["198.51.100.1", "198.51.100.2", "/30"];

async function ip(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run("ip", args);
  if (code !== 0) throw new Error(`ip ${args.join(" ")} ended with ${code}: ${stderr}`);
}

/** A network of its own for a node, with one link to the collector's. Answers the link's name at the collector. */
async function makeNetwork(): Promise<{ network: string; link: string }> {
  const network = `ml${randomBytes(4).toString("hex")}`;
  const [link, far] = [`${network}a`, `${network}b`];
  await ip("netns", "add", network);
  afterwards(() => ip("netns", "delete", network));
  await ip("link", "add", link, "type", "veth", "peer", "name", far, "netns", network);
  await ip("address", "add", COLLECTOR_IP + PREFIX, "dev", link);
  await ip("link", "set", link, "up");
  await ip("-netns", network, "address", "add", NODE_IP + PREFIX, "dev", far);
  await ip("-netns", network, "link", "set", far, "up");
  return { network, link };
}

async function runLinkFault(size: Size): Promise<Verdict> {
  const { network, link } = await makeNetwork();
  const site = await Site.create({ relpHost: COLLECTOR_IP });
  // One node stands behind the link, the other beside the collector.
  const far = await site.startRelay("node1", { through: ["ip", "netns", "exec", network] });
  const relays = [far, await site.startRelay("node2")];
  const load = new NumberLoad({ site, relays, lines: size.lines });
  const injections = await load.inject(size, async () => {
    await ip("link", "set", link, "down");
    await delay(size.holdMs);
    await ip("link", "set", link, "up");
  });
  return load.verdict(injections);
}

export const linkFaults: readonly Scenario[] = [
  {
    name: "network: a node's link down and up",
    short: { lines: 40_000, injections: 2, holdMs: 0 },
    long: { lines: 400_000, injections: 10, holdMs: 3_000 },
    needsRoot: true,
    run: runLinkFault,
  },
];
