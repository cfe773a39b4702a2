import type { OrderOf } from "../wire/fleet/order.ts";
import type { PassedCall } from "../wire/fleet/passed-on.ts";
import type { MissingPeer, OfferedService } from "../wire/fleet/services-view.ts";
import type { SignedOrder } from "../wire/fleet/signed-order.ts";

/** Joined collectors: users' calls go there for services that no node here offers. */
export interface Peers {
  /** Their services, and the collectors that do not answer. */
  offers(): Promise<{ readonly services: readonly OfferedService[]; readonly missing: readonly MissingPeer[] }>;
  /**
   * The name of the joined collector with this fleet, and with the name `wanted`. Undefined: there is none, or several
   * and none was named.
   */
  of(fleet: string, wanted: string | undefined): Promise<string | undefined>;
  call(
    peer: string,
    order: OrderOf<"call">,
    how: { readonly signed: SignedOrder; readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<PassedCall>;
}
