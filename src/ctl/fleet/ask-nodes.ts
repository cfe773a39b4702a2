import { randomBytes } from "node:crypto";
import { type AskedNode, parseAskedNodes } from "../../wire/fleet/asked-node.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import { parseJson } from "../../wire/record.ts";
import { CtlError } from "../command.ts";
import { type Collector, linesOf } from "../remote/collector.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { signParts } from "./sign-order.ts";

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
  /** Takes what nodes say as they say it: that they have begun, and their answers. */
  readonly onSaid?: (said: readonly AskedNode[]) => Promise<void>;
}

/** Signs a question for nodes, and waits for their answers. */
export async function askNodes(question: Question): Promise<readonly AskedNode[]> {
  const { collector, fleetId, user, key, settings, nodes, provider, args, withinMs, onSaid } = question;
  const issued = settings.nowMs();
  const run = makeExecutionId(issued, randomBytes(ULID_RANDOM_BYTES));
  const expires = issued + FLEET_LIMITS.maxAskLifeMs;
  const parts = await signParts(
    { v: 1, kind: "ask", fleet: fleetId, run, user, nodes, issued, expires, via: "ssh", provider, args },
    { key, sshFolder: settings.sshFolder },
  );
  // The last that a node says counts.
  const last = new Map<string, AskedNode>();
  const hear = async (said: readonly AskedNode[]): Promise<void> => {
    for (const each of said) last.set(each.node, each);
    await onSaid?.(said);
  };
  // One after another: a user may have only a few open questions.
  for (const body of parts) {
    const request = { method: "POST", path: "/asks", query: { within: withinMs }, body } as const;
    if (onSaid === undefined) {
      await hear(await collector.json(request, parseAskedNodes));
      continue;
    }
    const answer = await collector.send({ ...request, query: { ...request.query, follow: 1 } });
    for await (const line of linesOf(answer)) {
      const said = parseAskedNodes(parseJson(line));
      if (said === undefined) throw new CtlError(`${collector.url} answers what this mlctl does not understand`);
      await hear(said);
    }
  }
  return nodes.flatMap((node) => last.get(node) ?? { node, answer: "silent", why: "", text: "", rows: [] });
}
