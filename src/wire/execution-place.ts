import type { Execution } from "./api.ts";

type Placed = Pick<Execution, "startedAt" | "x" | "node" | "owner">;

/** Where a page ends: the `before` that continues after an execution. */
export function placeOf({ startedAt, x, node, owner }: Placed): string {
  return `${startedAt}/${x}/${node}/${owner}`;
}

/** The execution of a place; undefined if it is none. */
export function parsePlace(place: string): Placed | undefined {
  const [startedAt, x, node, owner] = place.split("/");
  if (startedAt === undefined || x === undefined || node === undefined || owner === undefined) return undefined;
  return { startedAt, x, node, owner };
}

/** The order of lists: newest first. */
export function comparePlaces(a: Placed, b: Placed): number {
  for (const name of ["startedAt", "x", "node", "owner"] as const) {
    if (a[name] !== b[name]) return a[name] < b[name] ? 1 : -1;
  }
  return 0;
}
