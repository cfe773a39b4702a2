import fc from "fast-check";
import { expect, test } from "vitest";
import { type SearchCase, searchCase } from "../support/search-cases.ts";
import { checkSearch, type Mutant } from "../support/search-oracle.ts";

const PIECE = {
  stream: "stdout",
  time: "2026-11-20T04:17:00.000001Z",
  text: Buffer.from("aa"),
  isLate: false,
} as const;
/** A text of which each block has a half: neither may be passed over. */
const OVER_TWO_BLOCKS: SearchCase = {
  executions: [
    [
      { ...PIECE, n: 1, isPiece: true },
      { ...PIECE, n: 2, isPiece: false },
    ],
  ],
  request: {
    ...{ what: { all: true }, pattern: "aaaa", regex: false, case: "match", word: false, invert: false },
    ...{
      also: [],
      nodes: [],
      only: [],
      labels: {},
      before: 0,
      after: 0,
      show: "lines",
      limit: 10,
      buckets: false,
      direction: "next",
    },
  },
  sizes: { blockBytes: 1, maxLineBytes: 1_000, firstEpochBytes: 100, maxEpochLines: 1_000 },
};

/** The long form is `npm run fuzz -- search`: 10,000 cases with a new seed. */
const TITLE =
  "a search finds what a plain reading of the joined lines finds, whatever blocks and epochs it is cut into";

/** Each case starts ripgrep several times. */
test(TITLE, { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(searchCase, (search) => checkSearch(search)),
    { numRuns: 200, seed: 1, examples: [[OVER_TWO_BLOCKS]] },
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
