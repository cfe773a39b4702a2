import type { Request } from "express";
import type { Audit } from "../host/audit.ts";
import { signerOf } from "../orders/signer.ts";
import type { OrderOf } from "../wire/fleet/order.ts";
import type { SignedOrder } from "../wire/fleet/signed-order.ts";
import type { Viewer } from "../wire/viewer.ts";
import { HttpError } from "./http-error.ts";
import type { Taken } from "./taken-order.ts";

/** A signed order in a request, and its sender. */
interface Sent {
  readonly request: Request;
  readonly order: OrderOf<Taken>;
  readonly signed: SignedOrder;
  readonly viewer: Viewer;
  /** The joined collector that it came from, or goes to. */
  readonly passedOn?: string | undefined;
}

/**
 * Records every valid order with its outcome. An order that leaves nothing behind on its nodes is a
 * `call`: programs send thousands an hour, of which the audit keeps some.
 */
export function auditedOrders(audit: Audit): <T>(sent: Sent, act: () => Promise<T>) => Promise<T> {
  return async ({ request, order, signed, viewer, passedOn }, act) => {
    const { kind, run, user, via, nodes } = order;
    const files = order.kind === "run" ? order.files.map(({ path, sha256 }) => `${sha256} ${path}`) : [];
    const owner = order.kind === "cancel" ? order.owner : user;
    // A refused order may name anybody as its user; the sender is known, and whose key has signed it.
    const of = { user, owner, sender: viewer.user, address: request.ip } as const;
    const what = order.kind === "call" ? { what: order.service } : {};
    const event = kind === "run" || kind === "cancel" ? "order" : "call";
    const signer = signerOf(signed);
    const record = { event, ...of, signer, kind, run, via, nodes, files, ...what, passedOn } as const;
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
