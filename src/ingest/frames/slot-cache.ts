import { GRAMMAR } from "../../frame/grammar.ts";
import { hashKey } from "../../frame/key-hash.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import type { LineStore } from "../line-store.ts";
import { type BufferPool, ChunkBuilder } from "./chunk-builder.ts";

const KEY_TEXT = /^[A-Za-z0-9_-]{22}$/;
/** Entries of one connection. A full cache is emptied: each entry then costs another look-up and hash. */
const MAX_ENTRIES = 16_384;

/** One execution as one connection sees it: the store's slot and the current batch's lines. */
export interface SlotEntry<Slot> {
  /** `x` and key as they appear in the frames. */
  readonly idBytes: Buffer;
  readonly keyBytes: Buffer;
  readonly slot: Slot;
  readonly builder: ChunkBuilder;
}

/**
 * Finds the slot for a frame's id and key bytes. Compares the key with the bytes of a key hashed before: hashing costs
 * more than the rest of a frame. Keys stay in this process's memory until the connection ends.
 */
export class SlotCache<Slot> {
  readonly #node: string;
  readonly #store: LineStore<Slot>;
  readonly #pool: BufferPool;
  readonly #entries = new Map<string, SlotEntry<Slot>>();
  #last: SlotEntry<Slot> | undefined;

  constructor(options: { readonly node: string; readonly store: LineStore<Slot>; readonly pool: BufferPool }) {
    this.#node = options.node;
    this.#store = options.store;
    this.#pool = options.pool;
  }

  /** The entry for a frame, or undefined if its id or key breaks the grammar. */
  find(data: Buffer, idAt: number, keyAt: number): SlotEntry<Slot> | undefined {
    const last = this.#last;
    if (last !== undefined && equal(data, idAt, last.idBytes) && equal(data, keyAt, last.keyBytes)) return last;
    // Id, key and the constant bytes between them in one string: one allocation and one hash for the pair.
    const name = data.toString("latin1", idAt, keyAt + GRAMMAR.keyBytes);
    const entry = this.#entries.get(name) ?? this.#add(name, data, { idAt, keyAt });
    this.#last = entry;
    return entry;
  }

  #add(name: string, data: Buffer, place: { idAt: number; keyAt: number }): SlotEntry<Slot> | undefined {
    const idBytes = Buffer.from(data.subarray(place.idAt, place.idAt + GRAMMAR.executionIdBytes));
    const keyBytes = Buffer.from(data.subarray(place.keyAt, place.keyAt + GRAMMAR.keyBytes));
    const x = parseExecutionId(idBytes.toString("latin1"));
    if (x === undefined || !KEY_TEXT.test(keyBytes.toString("latin1"))) return undefined;
    const slot = this.#store.slotFor({ node: this.#node, x, keyHash: hashKey(keyBytes) });
    if (this.#entries.size >= MAX_ENTRIES) this.#entries.clear();
    const entry = { idBytes, keyBytes, slot, builder: new ChunkBuilder(this.#pool) };
    this.#entries.set(name, entry);
    return entry;
  }
}

function equal(data: Buffer, at: number, wanted: Buffer): boolean {
  // From the end: ids of one node differ in their last characters.
  for (let i = wanted.length - 1; i >= 0; i -= 1) {
    if (data[at + i] !== wanted[i]) return false;
  }
  return true;
}
