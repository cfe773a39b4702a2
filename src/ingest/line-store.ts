import type { Claim, Item } from "../frame/item.ts";
import type { SlotIdentity } from "../frame/slot-identity.ts";

/**
 * The receiver's view of a store. `Slot` belongs to the store; the receiver only keeps and returns it.
 *
 * Storing the same item twice is harmless: the store knows which numbers it has.
 */
export interface LineStore<Slot> {
  /** Never throws: it is called while frames are parsed. */
  slotFor(identity: SlotIdentity): Slot;
  /**
   * Stores and publishes a batch. `stored`: it may be acknowledged. A promise means the same once it is fulfilled; it
   * never rejects. `unavailable`: the store cannot write now; the whole batch must be offered again.
   */
  store(items: readonly Item<Slot>[]): "stored" | "unavailable" | Promise<"stored" | "unavailable">;
  /**
   * Binds an execution to its owner. The BEGIN may be acknowledged once the next batch is stored, or `commit` has
   * ended. `unavailable` as above. Never rejects.
   */
  claim(claim: Claim): Promise<"stored" | "unavailable">;
  /** Makes claims durable beyond the process. Ends as `store` does. */
  commit(): "stored" | "unavailable" | Promise<"stored" | "unavailable">;
}
