import type { OrderOf } from "../wire/fleet/order.ts";
import type { PassedCall } from "../wire/fleet/passed-on.ts";
import type { MissingPeer, OfferedService } from "../wire/fleet/services-view.ts";
import type { SignedOrder } from "../wire/fleet/signed-order.ts";

/** Collectors that this one is joined with: users' calls go there for what no node here offers. */
export interface Peers {
  /** What they offer, and which of them do not say. */
  offers(): Promise<{ readonly services: readonly OfferedService[]; readonly missing: readonly MissingPeer[] }>;
  /** The name of the one with this fleet; `wanted`: of this name. Undefined: there is none, or several are and none was named. */
  of(fleet: string, wanted: string | undefined): Promise<string | undefined>;
  call(
    peer: string,
    order: OrderOf<"call">,
    how: { readonly signed: SignedOrder; readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<PassedCall>;
}
