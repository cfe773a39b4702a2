import { isServiceName } from "../../wire/fleet/service-name.ts";
import { type OfferedService, parseServicesView } from "../../wire/fleet/services-view.ts";
import { isNodeName } from "../../wire/node-name.ts";
import { askPeer, type Peer } from "./ask-peer.ts";

/** A joined collector's services, or why it cannot be used. */
export interface PeerList {
  /** Id of its fleet; empty if unknown. */
  readonly id: string;
  readonly services: readonly OfferedService[];
  /** The reason in words; empty if it can be used. */
  readonly fault: string;
}

/** A person waits for the list of services. */
const WITHIN_MS = 3_000;
/** Room for 4,000 nodes with tens of services each. */
const MAX_BYTES = 4 * 2 ** 20;

/** Asks a joined collector for its services. @param id our own fleet's id */
export async function listPeer(peer: Peer, id: string): Promise<PeerList> {
  const limits = { withinMs: WITHIN_MS, maxBytes: MAX_BYTES };
  const answer = await askPeer(peer, { method: "GET", path: "/services", ...limits });
  const list = answer.is === "none" ? unusable(answer.why) : listOf(peer.name, answer);
  return list.id === id ? unusable("it is this collector, or has its authority") : list;
}

/** Words for an answer other than the requested one. */
export function peerFault(name: string, status: number): string {
  if (status === 401 || status === 403)
    return `${name} does not take this collector's token: an administrator there makes one (mlctl tokens create NAME --scope peer)`;
  return `${name} answers with ${status}, and not as a collector with a fleet does`;
}

function unusable(fault: string): PeerList {
  return { id: "", services: [], fault };
}

/** Parses another collector's list; omits invalid names. */
function listOf(name: string, { status, value }: { readonly status: number; readonly value: unknown }): PeerList {
  const view = status === 200 ? parseServicesView(value) : undefined;
  if (view === undefined || !/^[0-9a-f]{64}$/.test(view.id)) return unusable(peerFault(name, status));
  const services = view.services
    .filter((service) => service.at === undefined && isServiceName(service.name))
    .map((service) => ({ ...service, nodes: service.nodes.filter(isNodeName) }))
    .filter(({ nodes }) => nodes.length > 0);
  return { id: view.id, services, fault: "" };
}
