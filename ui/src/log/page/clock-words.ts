/** "node3's clock is 2.5 s behind". */
export function clockWords(node: string, behindMs: number): string {
  const seconds = (Math.abs(behindMs) / 1_000).toFixed(Math.abs(behindMs) < 10_000 ? 2 : 0);
  return `${node}'s clock is ${seconds} s ${behindMs > 0 ? "behind" : "ahead"}`;
}
