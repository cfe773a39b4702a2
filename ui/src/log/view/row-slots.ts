import type { Item } from "../feed/log-row.ts";

/**
 * Assigns elements to items. An element whose item has left the view takes the next item that enters: changing its
 * texts costs less than creating another one. An item keeps its element as long as it is drawn.
 */
export class RowSlots {
  #slots = new Map<string, number>();

  /** The keys of all items' elements, in order. */
  keysOf(items: readonly Item[]): readonly (string | number)[] {
    const before = this.#slots;
    const slots = new Map<string, number>();
    for (const item of items) {
      const slot = before.get(nameOf(item));
      if (slot !== undefined && isPlain(item)) slots.set(nameOf(item), slot);
    }
    const used = new Set(slots.values());
    // Existing elements first: if the view has become lower, some have numbers beyond its rows.
    const left = [...before.values()].filter((slot) => !used.has(slot)).sort((a, b) => b - a);
    let free = 0;
    const keys = items.map((item) => {
      const name = nameOf(item);
      if (!isPlain(item)) return name;
      let slot = slots.get(name);
      if (slot === undefined) {
        slot = left.pop();
        while (slot === undefined && used.has(free)) free += 1;
        slot ??= free;
        used.add(slot);
        slots.set(name, slot);
      }
      return slot;
    });
    this.#slots = slots;
    return keys;
  }
}

/** Whether an item may share an element: not if it may be opened or hold the focus. */
function isPlain(item: Item): boolean {
  return item.kind === "lines" && item.fold === undefined && item.redraws === 0 && item.text.length < MOST_CHARACTERS;
}

/** Longer lines have a button. */
const MOST_CHARACTERS = 2_000;

function nameOf({ source, n }: Item): string {
  return `${source}:${n}`;
}
