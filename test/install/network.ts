import { afterwards } from "../support/cleanup.ts";
import { run } from "../support/processes.ts";

/** Names of interfaces, hence short; different for two runs at a time. */
const ID = String(process.pid % 10_000);
const BRIDGE = `mlb${ID}`;
const NET = `10.91.${process.pid % 256}`;

/** This machine's address on the bridge. */
export const OUTSIDE = `${NET}.1`;

/** A bridge to which hosts are connected, each in a network namespace of its own. */
export async function createBridge(): Promise<void> {
  await ip("link", "add", BRIDGE, "type", "bridge");
  afterwards(() => ip("link", "del", BRIDGE));
  await ip("address", "add", `${OUTSIDE}/24`, "dev", BRIDGE);
  await ip("link", "set", BRIDGE, "up");
}

interface Attachment {
  readonly address: string;
  /** Path of the network namespace. */
  readonly namespace: string;
}

/** A network namespace on the bridge. @param number from 2 on, the last part of its address. */
export async function attach(number: number): Promise<Attachment> {
  const [name, outer, inner] = [`mlt${ID}-${number}`, `mlo${ID}-${number}`, `mli${ID}-${number}`];
  const address = `${NET}.${number}`;
  await ip("netns", "add", name);
  afterwards(() => ip("netns", "del", name));
  await ip("link", "add", outer, "type", "veth", "peer", "name", inner);
  await ip("link", "set", outer, "master", BRIDGE, "up");
  await ip("link", "set", inner, "netns", name);
  await ip("-n", name, "address", "add", `${address}/24`, "dev", inner);
  await ip("-n", name, "link", "set", "lo", "up");
  await ip("-n", name, "link", "set", inner, "up");
  return { address, namespace: `/run/netns/${name}` };
}

async function ip(...args: string[]): Promise<void> {
  const result = await run("ip", args);
  if (result.code !== 0) throw new Error(`ip ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
}
