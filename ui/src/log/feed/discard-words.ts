import type { Discard, DiscardReason, RefusedExecutions } from "../../../../src/wire/discard.ts";
import { formatBytes, formatCount } from "../../format.ts";
import { frame } from "../../texts/en/frame.ts";

const IN_BYTES: readonly DiscardReason[] = ["bytes-per-second", "bytes-on-disk", "quarantine"];

/** "your limit of 100 lines a second". */
function limitWords(reason: DiscardReason, limit: number): string {
  return frame.limits[reason](IN_BYTES.includes(reason) ? formatBytes(limit) : formatCount(limit));
}

/** "12 of your executions were not stored: your limit of 3 executions a minute". */
export function refusedWords({ executions, reason, limit }: RefusedExecutions): string {
  return frame.refused(executions, limitWords(reason, limit));
}

/**
 * Why lines `n` to `to` are not stored: "2,000 lines not stored: your limit of 100 lines a second". Empty if no limit
 * discarded any of them.
 */
export function discardWords(hole: { readonly n: number; readonly to: number }, discarded: readonly Discard[]): string {
  const words: string[] = [];
  for (const { from, to, reason, limit } of discarded) {
    const lines = Math.min(to, hole.to) - Math.max(from, hole.n) + 1;
    if (lines > 0) words.push(frame.linesNotStored(lines, limitWords(reason, limit)));
  }
  return words.join("; ");
}
