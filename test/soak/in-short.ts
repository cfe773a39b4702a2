import { expect, test } from "vitest";
import { type Scenario, Unavailable } from "./scenario.ts";

const IS_ROOT = process.getuid?.() === 0;

/** Makes a test of the short form of each scenario. */
export function testInShort(scenarios: readonly Scenario[]): void {
  test.for(scenarios)("$name: every line once, in order, complete", { timeout: 360_000 }, async (scenario, context) => {
    const { short, needsRoot = false } = scenario;
    if (needsRoot && !IS_ROOT) context.skip("needs root: run the tests as root");
    const verdict = await scenario.run(short).catch((error: unknown) => {
      if (error instanceof Unavailable) return context.skip(error.message);
      throw error;
    });
    expect(verdict).toMatchObject({ isExactlyOnce: true, isInOrder: true, isComplete: true, problems: [] });
    expect(verdict.lines).toBeGreaterThanOrEqual(short.lines);
    // So few frames are in transit only briefly: the last injections may come too late.
    expect(verdict.injections).toBeGreaterThanOrEqual(1);
  });
}
