import type { Discard, DiscardReason, RefusedExecutions } from "../../../../src/wire/discard.ts";
import { formatBytes, formatCount, formatLines } from "../../format.ts";

/** A limit in words: "1,000,000 lines a second". */
const USER_LIMITS: Readonly<Record<Exclude<DiscardReason, "quarantine">, (limit: number) => string>> = {
  "lines-per-second": (limit) => `${formatCount(limit)} lines a second`,
  "bytes-per-second": (limit) => `${formatBytes(limit)} a second`,
  "bytes-on-disk": (limit) => `${formatBytes(limit)} on disk`,
  "running-executions": (limit) => `${formatCount(limit)} executions at one time`,
  "executions-per-minute": (limit) => `${formatCount(limit)} executions a minute`,
};

/** "your limit of 100 lines a second". */
function limitWords(reason: DiscardReason, limit: number): string {
  if (reason !== "quarantine") return `your limit of ${USER_LIMITS[reason](limit)}`;
  return `they came before their execution was announced, and its node may have ${formatBytes(limit)} of such lines`;
}

/** "12 of your executions were not stored: your limit of 3 executions a minute". */
export function refusedWords({ executions, reason, limit }: RefusedExecutions): string {
  const which = executions === 1 ? "1 of your executions was" : `${formatCount(executions)} of your executions were`;
  return `${which} not stored: ${limitWords(reason, limit)}`;
}

/**
 * Why lines `n` to `to` are not stored: "2,000 lines not stored: your limit of 100 lines a second". Empty if no limit
 * discarded any of them.
 */
export function discardWords(hole: { readonly n: number; readonly to: number }, discarded: readonly Discard[]): string {
  const words: string[] = [];
  for (const { from, to, reason, limit } of discarded) {
    const lines = Math.min(to, hole.to) - Math.max(from, hole.n) + 1;
    if (lines > 0) words.push(`${formatLines(lines)} not stored: ${limitWords(reason, limit)}`);
  }
  return words.join("; ");
}
