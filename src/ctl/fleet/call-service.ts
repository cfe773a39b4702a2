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

/** Signs a call for one node that offers the service, here or at a joined collector, and waits for its end. */
export async function callService(
  asked: Asked,
): Promise<{ readonly call: CallView; readonly where: string; readonly fault: string }> {
  const { collector, user, key, settings, service, input } = asked;
  const offered = await listServices(collector);
  const { node, at } = chosen(service, { offered, wanted: asked.node });
  const issued = settings.nowMs();
  const order: OrderOf<"call"> = {
    v: 1,
    kind: "call",
    fleet: at?.fleet ?? offered.id,
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
  const call = await collector.json({ method: "POST", path: "/calls", query, body: signed }, parseCallView);
  const where = at === undefined ? node : `${node} of ${at.peer}`;
  const reason = reasonWords(call);
  const fault = call.state === "finished" ? "" : `${WORDS[call.state]}${reason === "" ? "" : `: ${reason}`}`;
  return { call, where, fault };
}

/** In words: which joined collectors do not say what they offer. */
export function missingWords({ missing = [] }: ServicesView): readonly string[] {
  return missing.map(({ peer, why }) => `the joined collector ${peer} cannot be asked: ${why}`);
}

/** One that has it: any of them, so that many callers spread. */
function chosen(
  service: string,
  { offered, wanted }: { readonly offered: ServicesView; readonly wanted: string | undefined },
): { readonly node: string; readonly at: OfferedService["at"] } {
  const { nodes = [], at } = offered.services.find(({ name }) => name === service) ?? {};
  if (nodes.length === 0) {
    const missing = missingWords(offered).map((words) => `; ${words}`);
    throw new CtlError(`No node that is there offers ${service}: \`mlctl services\` lists them all${missing.join("")}`);
  }
  if (wanted === undefined) return { node: nodes[randomInt(nodes.length)] ?? "", at };
  if (!nodes.includes(wanted)) throw new CtlError(`${wanted} does not offer ${service}: ${nodes.join(", ")} do`);
  return { node: wanted, at };
}
