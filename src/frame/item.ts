import type { Begin } from "../wire/begin.ts";
import type { Chunk } from "./chunk.ts";
import type { SlotIdentity } from "./slot-identity.ts";

/** A BEGIN whose uid is the kernel's word, given on by the relay. */
export interface Claim {
  readonly identity: SlotIdentity;
  readonly begin: Omit<Begin, "k">;
  readonly uid: number;
}

/** What a batch holds, in the order of arrival for each slot. */
export type Item<Slot> =
  | { readonly kind: "lines"; readonly slot: Slot; readonly chunk: Chunk }
  | {
      readonly kind: "beat";
      readonly slot: Slot;
      readonly lastN: number;
      readonly beat: number;
      readonly mayBuffer: boolean;
    }
  | { readonly kind: "end"; readonly slot: Slot; readonly lastN: number; readonly json: string };
