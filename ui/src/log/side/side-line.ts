import type { Item } from "../feed/log-row.ts";

/** A row of several columns. */
export interface SideLine {
  /** Its earliest cell. */
  head: Item;
  /** By execution. */
  readonly cells: Map<number, Item>;
}
