import { expect } from "vitest";
import type { FakeExecution } from "./envelopes.ts";
import { type IngestSite, ROOT } from "./ingest-site.ts";

/** Numbers of the lines that can be read back. Each must have its own text. */
export async function storedNumbers(
  on: IngestSite,
  { x, node }: Pick<FakeExecution, "x" | "node">,
  textOf: (n: number) => string,
): Promise<number[]> {
  const numbers: number[] = [];
  for (let from = 1; ; ) {
    const chunks = await on.archive.read(ROOT, { x, node, from, maxLines: 10_000, maxBytes: 8_388_608 });
    if (chunks.length === 0) return numbers;
    for (const { firstN, count, cri } of chunks) {
      const lines = cri.toString().split("\n");
      for (let i = 0; i < count; i += 1) {
        expect(lines[i]?.slice(37)).toBe(textOf(firstN + i));
        numbers.push(firstN + i);
      }
      from = firstN + count;
    }
  }
}
