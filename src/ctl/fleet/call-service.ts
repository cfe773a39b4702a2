import { randomBytes, randomInt } from "node:crypto";
import { type CallView, parseCallView } from "../../wire/fleet/call.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import { reasonWords } from "../../wire/fleet/refusal.ts";
import { type OfferedService, parseServicesView, type ServicesView } from "../../wire/fleet/services-view.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import { CtlError } from "../command.ts";
import type { Collector } from "../remote/collector.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { signOrder } from "./sign-order.ts";

interface Asked {
  readonly collector: Collector;
  /** Who calls; their key signs. */
  readonly user: string;
  readonly key: string | undefined;
  readonly settings: FleetSettings;
  readonly service: string;
  /** JSON, or empty. */
  readonly input: string;
  /** Undefined: any that offers it. */
  readonly node?: string | undefined;
}

/** Each needs another signed call. */
const MAX_NODES_ASKED = 8;
/** Refusals that let another node be tried: no service of this name, or only a published command. Nothing has started. */
const HAS_NONE = ["no-such-service", "not-offered"];
const MAX_RANDOM = 2 ** 32;

const WORDS: Readonly<Record<Exclude<CallView["state"], "finished">, string>> = {
  failed: "the service has failed",
  refused: "refuses the call",
  expired: "got the call too late, and did not begin",
  cancelled: "was cancelled before it began",
  absent: "is absent",
  unknown: "lost the service: nobody can say whether it ended",
  silent: "has not answered in time: the service may have run",
};

export function listServices(collector: Collector): Promise<ServicesView> {
  return collector.json({ path: "/services" }, parseServicesView);
}

/**
 * Signs a call for a node that offers the service, here or at a joined collector, and waits for its end. If the node turns out to
 * have no such service, tries the next one.
 */
export async function callService(
  asked: Asked,
): Promise<{ readonly call: CallView; readonly where: string; readonly fault: string }> {
  const { collector, service } = asked;
  const offered = await listServices(collector);
  const [{ nodes, at }, fleet] = [chosen(service, { offered, wanted: asked.node }), offered.id];
  const [first = "", ...others] = nodes.slice(0, MAX_NODES_ASKED);
  let node = first;
  let call = await callOn(node, { asked, fleet, at });
  for (const next of others) {
    if (call.state !== "refused" || !HAS_NONE.includes(call.why)) break;
    node = next;
    call = await callOn(node, { asked, fleet, at });
  }
  const where = at === undefined ? node : `${node} of ${at.peer}`;
  const reason = reasonWords(call);
  const fault = call.state === "finished" ? "" : `${WORDS[call.state]}${reason === "" ? "" : `: ${reason}`}`;
  return { call, where, fault };
}

async function callOn(
  node: string,
  of: { readonly asked: Asked; readonly fleet: string; readonly at: OfferedService["at"] },
): Promise<CallView> {
  const { asked, fleet, at } = of;
  const { collector, user, key, settings, service, input } = asked;
  const issued = settings.nowMs();
  const order: OrderOf<"call"> = {
    v: 1,
    kind: "call",
    fleet: at?.fleet ?? fleet,
    run: makeExecutionId(issued, randomBytes(ULID_RANDOM_BYTES)),
    user,
    nodes: [node],
    issued,
    expires: issued + FLEET_LIMITS.maxAskLifeMs,
    via: "ssh",
    service,
    input,
  };
  const signed = await signOrder(order, { key, sshFolder: settings.sshFolder });
  const query = { peer: at?.peer };
  return collector.json({ method: "POST", path: "/calls", query, body: signed }, parseCallView);
}

/** In words: which joined collectors do not say what they offer. */
export function missingWords({ missing = [] }: ServicesView): readonly string[] {
  return missing.map(({ peer, why }) => `the joined collector ${peer} cannot be asked: ${why}`);
}

/** The nodes that list the name, shuffled to spread callers. Nodes where a command has published it come last. */
function chosen(
  service: string,
  { offered, wanted }: { readonly offered: ServicesView; readonly wanted: string | undefined },
): { readonly nodes: readonly string[]; readonly at: OfferedService["at"] } {
  const { nodes = [], at, commands = [] } = offered.services.find(({ name }) => name === service) ?? {};
  if (nodes.length === 0) {
    const missing = missingWords(offered).map((words) => `; ${words}`);
    throw new CtlError(`No node that is there offers ${service}: \`mlctl services\` lists them all${missing.join("")}`);
  }
  if (wanted === undefined) {
    const published = new Set(commands.map(({ node }) => node));
    const placed = nodes.map((node) => ({
      node,
      at: Number(published.has(node)) + randomInt(MAX_RANDOM) / MAX_RANDOM,
    }));
    return { nodes: placed.sort((a, b) => a.at - b.at).map(({ node }) => node), at };
  }
  if (!nodes.includes(wanted)) throw new CtlError(`${wanted} does not offer ${service}: ${nodes.join(", ")} do`);
  return { nodes: [wanted], at };
}
