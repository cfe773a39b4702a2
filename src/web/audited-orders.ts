import type { Request } from "express";
import type { Audit } from "../host/audit.ts";
import type { OrderOf } from "../wire/fleet/order.ts";
import type { Viewer } from "../wire/viewer.ts";
import { HttpError } from "./http-error.ts";
import type { Taken } from "./taken-order.ts";

/** A signed order in a request, and who sent it. */
interface Sent {
  readonly request: Request;
  readonly order: OrderOf<Taken>;
  readonly viewer: Viewer;
  /** Where it came from, or goes, besides users and nodes of this collector. */
  readonly passedOn?: string | undefined;
}

/**
 * Records an order whatever comes of it, but for what is no order at all. One that leaves nothing behind on its nodes is a
 * `call`: programs send thousands an hour, of which the audit keeps some.
 */
export function auditedOrders(audit: Audit): <T>(sent: Sent, act: () => Promise<T>) => Promise<T> {
  return async ({ request, order, viewer, passedOn }, act) => {
    const { kind, run, user, via, nodes } = order;
    const files = order.kind === "run" ? order.files.map(({ path, sha256 }) => `${sha256} ${path}`) : [];
    const owner = order.kind === "cancel" ? order.owner : user;
    // An order that is refused may name as its user anybody: who sent it is known.
    const of = { user, owner, sender: viewer.user, address: request.ip } as const;
    const what = order.kind === "call" ? { what: order.service } : {};
    const event = kind === "run" || kind === "cancel" ? "order" : "call";
    const record = { event, ...of, kind, run, via, nodes, files, ...what, passedOn } as const;
    try {
      const result = await act();
      audit.record({ ...record, outcome: "ok" });
      return result;
    } catch (error) {
      const reason = error instanceof HttpError ? error.code : "failed";
      audit.record({ ...record, outcome: "refused", reason });
      throw error;
    }
  };
}
