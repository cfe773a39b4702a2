import { randomBytes } from "node:crypto";
import { type AskedNode, parseAskedNodes } from "../../wire/fleet/asked-node.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import type { Collector } from "../remote/collector.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { signOrder } from "./sign-order.ts";

interface Question {
  readonly collector: Collector;
  readonly fleetId: string;
  /** Who asks; their key signs. */
  readonly user: string;
  readonly key: string | undefined;
  readonly settings: FleetSettings;
  readonly nodes: readonly string[];
  readonly provider: string;
  readonly args: readonly string[];
  /** For the slowest. */
  readonly withinMs: number;
}

/** Signs a question for nodes, and waits for their answers. */
export async function askNodes(question: Question): Promise<readonly AskedNode[]> {
  const { collector, fleetId, user, key, settings, nodes, provider, args, withinMs } = question;
  const issued = settings.nowMs();
  const run = makeExecutionId(issued, randomBytes(ULID_RANDOM_BYTES));
  const expires = issued + FLEET_LIMITS.maxAskLifeMs;
  const signed = await signOrder(
    { v: 1, kind: "ask", fleet: fleetId, run, user, nodes, issued, expires, via: "ssh", provider, args },
    { key, sshFolder: settings.sshFolder },
  );
  return collector.json({ method: "POST", path: "/asks", query: { within: withinMs }, body: signed }, parseAskedNodes);
}
