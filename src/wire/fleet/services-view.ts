import { asRecord } from "../record.ts";

/** `GET /api/services`: what present nodes offer. */
export interface ServicesView {
  /** What orders name as their fleet. */
  readonly id: string;
  readonly services: readonly OfferedService[];
}

interface OfferedService {
  readonly name: string;
  readonly nodes: readonly string[];
}

export function parseServicesView(value: unknown): ServicesView | undefined {
  const { id, services } = asRecord(value) ?? {};
  if (typeof id !== "string" || !Array.isArray(services)) return undefined;
  return {
    id,
    services: services.flatMap((each: unknown) => {
      const { name, nodes } = asRecord(each) ?? {};
      return typeof name === "string" && Array.isArray(nodes) ? [{ name, nodes: nodes.map(String) }] : [];
    }),
  };
}
