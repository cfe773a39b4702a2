import fc from "fast-check";
import { expect, test } from "vitest";
import { filterHeadBytes } from "../../src/frame/filter-file.ts";
import { type SearchCase, searchCase, stepCase } from "../support/search-cases.ts";
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
  sizes: {
    blockBytes: 1,
    maxLineBytes: 1_000,
    firstEpochBytes: 100,
    maxEpochLines: 1_000,
    scoutFromBytes: 1_000,
    scoutTwiceFromBytes: 1_000,
    namedSoon: 256,
    manyNamed: 1_000,
  },
};
/** Whole lines, of which a later block alone has the text: those before it are counted without being searched. */
const IN_A_LATER_BLOCK: SearchCase = {
  ...OVER_TWO_BLOCKS,
  executions: [
    ["b", "a", "aaaa", "b", "aaaa"].map((text, at) => ({
      ...{ ...PIECE, text: Buffer.from(text) },
      ...{ n: 7 + at, isPiece: false },
    })),
  ],
};

/** The long form is `npm run fuzz -- search`: 10,000 cases with a new seed. */
const TITLE =
  "a search finds what a plain reading of the joined lines finds, whatever blocks and epochs it is cut into";

/** Each case starts ripgrep several times. */
test(TITLE, { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(searchCase, (search) => checkSearch(search)),
    { numRuns: 12, seed: 1, examples: [[OVER_TWO_BLOCKS], [IN_A_LATER_BLOCK]] },
  );
});

test("so do the hits beside a place of a run", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(stepCase, (search) => checkSearch(search)),
    { numRuns: 8, seed: 1 },
  );
});

/** Filters without a single gram. */
function withoutGrams(file: Buffer): Buffer {
  return file.fill(0, filterHeadBytes(Number(file.readBigUInt64LE(16))));
}

/** With the seed of a case that shows the difference: each one starts ripgrep several times. */
const MUTANTS: readonly (readonly [string, Mutant, number])[] = [
  ["does not join pieces", { line: (line) => ({ ...line, isPiece: false }) }, 5],
  ["takes a wrong first number", { piece: (piece) => ({ ...piece, n: piece.n + 1 }) }, 5],
  ["passes over members that have its text", { filter: withoutGrams }, 30],
  ["loses the last line of a piece", { piece: (piece) => ({ ...piece, bytes: piece.bytes - 1 }) }, 1],
];

test.each(MUTANTS)("the comparison notices a search that %s", async (_, mutant, seed) => {
  const checked = fc.check(
    fc.asyncProperty(searchCase, (search) => checkSearch(search, { mutant })),
    { numRuns: 100, seed, endOnFailure: true },
  );
  expect((await checked).failed).toBe(true);
});
