import type { Begin } from "../wire/begin.ts";
import type { Exit } from "../wire/end.ts";
import type { Chunk } from "./chunk.ts";
import type { SlotIdentity } from "./slot-identity.ts";

/** A BEGIN whose uid comes from the kernel, forwarded by the relay. */
export interface Claim {
  readonly identity: SlotIdentity;
  readonly begin: Omit<Begin, "k">;
  readonly uid: number;
}

/** Shows that an execution is alive. */
export interface Beat {
  /** Lines numbered so far. */
  readonly lastN: number;
  /** Counts the beats of an execution from 1. */
  readonly beat: number;
  /** Whether the command's output may be in its own buffer. */
  readonly mayBuffer: boolean;
  /** How the command ended; processes that it left behind may still print. */
  readonly exit: Exit | undefined;
}

/** Content of a batch, in order of arrival for each slot. */
export type Item<Slot> =
  | { readonly kind: "lines"; readonly slot: Slot; readonly chunk: Chunk }
  | ({ readonly kind: "beat"; readonly slot: Slot } & Beat)
  | { readonly kind: "end"; readonly slot: Slot; readonly lastN: number; readonly json: string };
