import type { Chunk } from "../frame/chunk.ts";
import type { Begin } from "../wire/begin.ts";

/** What names an execution before anybody is known to own it. */
export interface SlotIdentity {
  readonly node: string;
  readonly x: string;
  /** SHA-256 of the key, base64url. */
  readonly keyHash: string;
}

/** A BEGIN whose uid is the kernel's word, given on by the relay. */
export interface Claim {
  readonly identity: SlotIdentity;
  readonly begin: Omit<Begin, "k">;
  readonly uid: number;
}

/** What a batch holds, in the order of arrival for each slot. */
export type Item<Slot> =
  | { readonly kind: "lines"; readonly slot: Slot; readonly chunk: Chunk }
  | { readonly kind: "beat"; readonly slot: Slot; readonly lastN: number; readonly beat: number }
  | { readonly kind: "end"; readonly slot: Slot; readonly lastN: number; readonly json: string };

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
   * Binds an execution to its owner. It may be acknowledged when the next batch, even an empty one, is stored.
   * `unavailable` as above. Never rejects.
   */
  claim(claim: Claim): Promise<"stored" | "unavailable">;
}
