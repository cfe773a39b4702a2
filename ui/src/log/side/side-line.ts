import type { Item } from "../feed/log-row.ts";

/** A row of several columns. */
export interface SideLine {
  /** Its earliest cell. */
  head: Item;
  /** Cells by execution. */
  readonly cells: Map<number, Item>;
}
