import { fixed } from "../../format.ts";
import { head } from "../../texts/en/head.ts";

/** "node3's clock is 2.5 s behind". */
export function clockWords(node: string, behindMs: number): string {
  const seconds = fixed(Math.abs(behindMs) / 1_000, Math.abs(behindMs) < 10_000 ? 2 : 0);
  return behindMs > 0 ? head.clockBehind(node, seconds) : head.clockAhead(node, seconds);
}
