import { describe, expect, test } from "vitest";
import { fuzz } from "../fuzz/fuzz.ts";
import { TARGETS } from "../fuzz/targets.ts";

const CASES = 1_000;
const SLOW_CASES = 400;

/** The long form is `npm run fuzz`: a million cases for each parser, with a new seed in each run. */
describe.each(TARGETS)("the parser $name, given random and mutated input", (target) => {
  test("keeps its promise", async () => {
    const cases = (target.isSlow === true ? SLOW_CASES : CASES) / (target.casesPerCase ?? 1);
    const { grownBytes } = await fuzz(target, { cases, seed: 1 });
    expect(Number.isFinite(grownBytes)).toBe(true);
  });
});
