import type { EnvelopeView } from "../../frame/envelope.ts";
import { GRAMMAR } from "../../frame/grammar.ts";
import type { Item } from "../../frame/item.ts";
import { parseExit } from "../../wire/end.ts";
import { parseJson } from "../../wire/record.ts";
import { type BufferPool, FIRST_BYTES } from "./chunk-builder.ts";
import type { SlotEntry } from "./slot-cache.ts";

const SCATTERED_EXECUTIONS = 64;
const SCATTERED_LINES_EACH = 8;
/** Memory for an item, besides its bytes. */
const ITEM_BYTES = 128;

/**
 * Everything that one connection has brought since its last acknowledgement: lines gathered by execution, with ends and
 * beats in order. The store gets it as one list, then its buffers return to the pool.
 */
export class Batch<Slot> {
  readonly #pool: BufferPool;
  #items: Item<Slot>[] = [];
  readonly #open = new Set<SlotEntry<Slot>>();
  #buffers: Buffer[] = [];
  #bytes = 0;
  #lines = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0 && this.#open.size === 0;
  }

  /** Bytes of lines and ends. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Memory held, roughly: a beat has no bytes of its own, and a short line takes a whole buffer. */
  get heldBytes(): number {
    const buffers = this.#open.size + this.#buffers.length;
    return this.#bytes + buffers * FIRST_BYTES + this.#items.length * ITEM_BYTES;
  }

  /** Whether it has few lines from many executions: one write each would cost more than everything else. */
  get isScattered(): boolean {
    return this.#open.size >= SCATTERED_EXECUTIONS && this.#lines < this.#open.size * SCATTERED_LINES_EACH;
  }

  /** Adds lines. False if the frame's text breaks the grammar. */
  addLines(entry: SlotEntry<Slot>, data: Buffer, view: EnvelopeView): boolean {
    const { builder } = entry;
    if (builder.count > 0 && !builder.continues(view.n)) this.#seal(entry);
    const isNew = builder.count === 0;
    const added = builder.add(data, view);
    if (added < 0) return false;
    if (isNew) this.#open.add(entry);
    this.#bytes += added;
    this.#lines += view.count;
    return true;
  }

  /** @param text The beat's number, and what may follow it: GRAMMAR.buffering or an exit as JSON. */
  addBeat(entry: SlotEntry<Slot>, lastN: number, text: string): void {
    const beat = Number.parseInt(text, 10) || 0;
    const mayBuffer = text.endsWith(GRAMMAR.buffering);
    const exit = parseExit(parseJson(text.slice(text.indexOf(" ") + 1)));
    this.#items.push({ kind: "beat", slot: entry.slot, lastN, beat, mayBuffer, exit });
  }

  addEnd(entry: SlotEntry<Slot>, lastN: number, json: string): void {
    // The store judges an end by the lines before it, so those go first.
    this.#seal(entry);
    this.#items.push({ kind: "end", slot: entry.slot, lastN, json });
    this.#bytes += json.length;
  }

  /** Hands over everything gathered and starts empty. `release` returns the buffers once nobody reads them any more. */
  take(): { items: readonly Item<Slot>[]; lines: number; bytes: number; release: () => void } {
    for (const entry of this.#open) this.#seal(entry);
    const taken = this.#buffers;
    const batch = { items: this.#items, lines: this.#lines, bytes: this.#bytes };
    this.#items = [];
    this.#buffers = [];
    this.#bytes = 0;
    this.#lines = 0;
    return {
      ...batch,
      release: () => {
        for (const buffer of taken) this.#pool.giveBack(buffer);
      },
    };
  }

  #seal(entry: SlotEntry<Slot>): void {
    this.#open.delete(entry);
    const sealed = entry.builder.take();
    if (sealed === undefined) return;
    this.#items.push({ kind: "lines", slot: entry.slot, chunk: sealed.chunk });
    this.#buffers.push(sealed.buffer);
  }
}
