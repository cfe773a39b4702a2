import type { Claim, Item } from "../frame/item.ts";
import type { SlotIdentity } from "../frame/slot-identity.ts";

/**
 * What the receiver needs of a store. `Slot` is the store's own; the receiver only keeps and returns it.
 *
 * Storing the same item twice is harmless: the store knows which numbers it has.
 */
export interface LineStore<Slot> {
  /** Never throws: it is asked while frames are taken apart. */
  slotFor(identity: SlotIdentity): Slot;
  /**
   * Stores and publishes a batch. `stored`: it may be acknowledged; a promise: when that is fulfilled (it never
   * rejects); `unavailable`: the store cannot write now: the batch must be offered again, whole.
   */
  store(items: readonly Item<Slot>[]): "stored" | "unavailable" | Promise<"stored" | "unavailable">;
  /**
   * Binds an execution to its owner. It may be acknowledged once the next batch is stored, or `commit` has ended.
   * `unavailable` as above. Never rejects.
   */
  claim(claim: Claim): Promise<"stored" | "unavailable">;
  /** Makes the claims outlive the process. Ends as `store` does. */
  commit(): "stored" | "unavailable" | Promise<"stored" | "unavailable">;
}
