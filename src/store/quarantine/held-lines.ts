import type { QuarantinedItem } from "./quarantined-item.ts";

/** The lines of an execution that a quarantine entry holds, or has lost. All 0: none. */
export interface HeldLines {
  readonly lines: number;
  readonly firstN: number;
  /** The highest number among them. */
  readonly lastN: number;
  /** The execution's number of lines, from an END among them. */
  readonly endN: number;
}

export const NO_LINES: HeldLines = { lines: 0, firstN: 0, lastN: 0, endN: 0 };

export function withItem(held: HeldLines, item: QuarantinedItem): HeldLines {
  if (item.t === "end") return { ...held, endN: Math.max(held.endN, item.lastN) };
  const { firstN, count } = item.chunk;
  return together(held, { lines: count, firstN, lastN: firstN + count - 1, endN: 0 });
}

export function together(a: HeldLines, b: HeldLines): HeldLines {
  const firstN = a.firstN === 0 || b.firstN === 0 ? Math.max(a.firstN, b.firstN) : Math.min(a.firstN, b.firstN);
  const [lastN, endN] = [Math.max(a.lastN, b.lastN), Math.max(a.endN, b.endN)];
  return { lines: a.lines + b.lines, firstN, lastN, endN };
}
