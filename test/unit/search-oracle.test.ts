import fc from "fast-check";
import { expect, test } from "vitest";
import { searchCase } from "../support/search-cases.ts";
import { checkSearch, type Mutant } from "../support/search-oracle.ts";

/** The long form is `npm run fuzz -- search`: 10,000 cases with a new seed. */
test("a search finds what a plain reading of the joined lines finds, whatever blocks and epochs it is cut into", async () => {
  await fc.assert(
    fc.asyncProperty(searchCase, (search) => checkSearch(search)),
    { numRuns: 200, seed: 1 },
  );
});

const MUTANTS: readonly (readonly [string, Mutant])[] = [
  ["does not join pieces", { line: (line) => ({ ...line, isPiece: false }) }],
  ["takes a wrong first number", { piece: (piece) => ({ ...piece, n: piece.n + 1 }) }],
  ["loses the last line of a piece", { piece: (piece) => ({ ...piece, bytes: piece.bytes - 1 }) }],
];

test.each(MUTANTS)("the comparison notices a search that %s", async (_, mutant) => {
  const checked = fc.check(
    fc.asyncProperty(searchCase, (search) => checkSearch(search, mutant)),
    { numRuns: 100, seed: 1, endOnFailure: true },
  );
  expect((await checked).failed).toBe(true);
});
