const COLLATOR = new Intl.Collator("en", { numeric: true });

/** Orders names as people do: node2 before node10. For Array.sort; equal only for equal names. */
export function compareNatural(a: string, b: string): number {
  return COLLATOR.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
