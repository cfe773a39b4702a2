import { asRecord } from "../record.ts";
import { type PublishedCommand, parsePublishedCommands } from "./published-command.ts";

/** `GET /api/services`: services of present nodes, and those of joined collectors that no node here offers. */
export interface ServicesView {
  /** The fleet's id, which orders name. */
  readonly id: string;
  readonly services: readonly OfferedService[];
  /** Joined collectors whose services are unknown. */
  readonly missing?: readonly MissingPeer[];
}

export interface OfferedService {
  readonly name: string;
  readonly nodes: readonly string[];
  /** Commands that have published the name: they run on these of the nodes, which take no calls for it. */
  readonly commands?: readonly PublishedCommand[];
  /** For nodes of a joined collector: its name, and the fleet id for orders to it. */
  readonly at?: { readonly peer: string; readonly fleet: string };
}

export interface MissingPeer {
  readonly peer: string;
  /** The reason in words. */
  readonly why: string;
}

export function parseServicesView(value: unknown): ServicesView | undefined {
  const { id, services, missing } = asRecord(value) ?? {};
  if (typeof id !== "string" || !Array.isArray(services)) return undefined;
  const view = { id, services: services.flatMap((each: unknown) => parseService(each) ?? []) };
  if (!Array.isArray(missing)) return view;
  return {
    ...view,
    missing: missing.flatMap((each: unknown) => {
      const { peer, why } = asRecord(each) ?? {};
      return typeof peer === "string" && typeof why === "string" ? [{ peer, why }] : [];
    }),
  };
}

function parseService(value: unknown): OfferedService | undefined {
  const { name, nodes, at, commands } = asRecord(value) ?? {};
  if (typeof name !== "string" || !Array.isArray(nodes)) return undefined;
  const published = parsePublishedCommands(commands);
  const service = { name, nodes: nodes.map(String), ...(published.length === 0 ? {} : { commands: published }) };
  if (at === undefined) return service;
  const { peer, fleet } = asRecord(at) ?? {};
  return typeof peer === "string" && typeof fleet === "string" ? { ...service, at: { peer, fleet } } : undefined;
}
