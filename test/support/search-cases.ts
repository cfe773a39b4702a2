import fc from "fast-check";
import type { EpochSizes } from "../../src/search/limits.ts";
import type { RunPlace } from "../../src/wire/run-lines.ts";
import type { SearchRequest } from "../../src/wire/search-request.ts";

/** A stored line or piece of one. */
export interface StoredLine {
  readonly n: number;
  readonly stream: "stdout" | "stderr";
  readonly isPiece: boolean;
  readonly time: string;
  readonly text: Buffer;
  /** Whether it came late, into the other file. */
  readonly isLate: boolean;
}

/** A search over made-up executions, with tiny blocks and epochs. */
export interface SearchCase {
  readonly executions: readonly (readonly StoredLine[])[];
  readonly request: SearchRequest;
  readonly sizes: EpochSizes;
}

/**
 * No letter here is the other case of another one in latin1, which the reference would take for equal. Marks of UTF-16
 * and UTF-8, half characters, NUL, carriage returns, and what looks like a line's head.
 */
const TEXTS = [
  "a",
  "aa",
  "aaa",
  "b",
  "A",
  "é",
  "É",
  "ſ",
  " ",
  "x",
  "1",
  "_",
  "aa",
  ".",
  "-a",
  "stdout F ",
  "P",
  "K",
].map((text) => {
  return Buffer.from(text);
});
const BYTES = [[0xff], [0xff, 0xfe], [0xef, 0xbb, 0xbf], [0], [0x0d], [0xc3], [0xa9]].map((bytes) =>
  Buffer.from(bytes),
);
/** Expressions that both engines read alike, byte by byte. */
const REGEXES = [
  "a",
  "^a",
  "b$",
  "^$",
  "^a.*b$",
  "(a+)+$",
  "x|^b",
  "(^|x)a",
  "stdout",
  "\\d",
  "a{2,3}",
  "[^a]$",
  "^[^ ]+ stdout",
  ".",
  "A.x",
  "\\bP\\b",
  "P$",
  "aab",
  "^.{3}$",
  "a\\sb",
  "\\xff",
  "a?",
];
const NEEDLES = [
  "a",
  "A",
  "aa",
  "é",
  "É",
  "s",
  "k",
  "K",
  ".",
  "-a",
  "stdout F",
  "P",
  "a b",
  "",
  "\r",
  "x1",
  "_",
  " ",
  "stdout F ",
  "éé",
];
/** Long enough to skip whole blocks, and made of frequent pieces. */
const LONG_NEEDLES = ["aaaa", "aaaaaa", "aaas", "Aaaa"];

const text = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...TEXTS) }, fc.constantFrom(...BYTES)), { maxLength: 6 })
  .map((parts) => Buffer.concat(parts));

const line = fc.record({
  stream: fc.constantFrom("stdout" as const, "stdout" as const, "stderr" as const),
  isPiece: fc.nat(3).map((dice) => dice === 0),
  isLate: fc.nat(4).map((dice) => dice === 0),
  /** How many numbers are missing before it. */
  hole: fc.nat(9).map((dice) => (dice === 0 ? 2 : 0)),
  second: fc.nat(3),
  text,
});

const execution = fc.array(line, { maxLength: 30 }).map((lines) => {
  let n = 0;
  return lines.map(({ hole, second, ...others }): StoredLine => {
    n += 1 + hole;
    return { ...others, n, time: timeOf(second) };
  });
});

const flag = fc.nat(3).map((dice) => dice === 0);
const maybeTime = fc.option(fc.nat(3).map(timeOf), { nil: undefined, freq: 1 });

const request = fc
  .record({
    pattern: fc.oneof(
      fc.constantFrom(...REGEXES).map((pattern) => ({ pattern: `(?-u)${pattern}`, regex: true, word: false })),
      fc.constantFrom(...LONG_NEEDLES).map((pattern) => ({ pattern, regex: false, word: false })),
      fc.tuple(fc.constantFrom(...NEEDLES), flag).map(([pattern, word]) => ({ pattern, regex: false, word })),
    ),
    case: fc.constantFrom("smart" as const, "ignore" as const, "match" as const),
    invert: flag,
    also: fc.array(fc.record({ text: fc.constantFrom("a", "A", "b", "x", "1"), isNot: flag }), {
      maxLength: 2,
      size: "xsmall",
    }),
    stream: fc.constantFrom(undefined, undefined, "stdout" as const, "stderr" as const),
    since: maybeTime,
    until: maybeTime,
    before: fc.nat(2),
    after: fc.nat(2),
    show: fc.constantFrom("lines" as const, "lines" as const, "counts" as const, "executions" as const),
    limit: fc.oneof(fc.constant(1_000_000), fc.integer({ min: 1, max: 4 })),
    buckets: flag,
    direction: fc.constant("next" as const),
  })
  .map(({ pattern, ...others }): SearchRequest => {
    const context = others.buckets ? { before: 0, after: 0 } : {};
    const wanted = { what: { all: true as const }, nodes: [], only: [], labels: {}, ...pattern, ...others, ...context };
    // Blocks can be skipped only for texts searched literally.
    if (LONG_NEEDLES.includes(wanted.pattern)) return { ...wanted, invert: false, before: 0, after: 0 };
    // Only ripgrep decides which letters of an expression are capital.
    return pattern.regex && wanted.case === "smart" ? { ...wanted, case: "match" } : wanted;
  });

export const searchCase: fc.Arbitrary<SearchCase> = fc.record({
  executions: fc.array(execution, { minLength: 1, maxLength: 3 }),
  request,
  sizes: fc.record({
    blockBytes: fc.integer({ min: 1, max: 200 }),
    maxLineBytes: fc.constantFrom(5, 1_000, 1_000),
    firstEpochBytes: fc.integer({ min: 1, max: 120 }),
    maxEpochLines: fc.constantFrom(3, 1_000),
    scoutFromBytes: fc.constantFrom(0, 300, 1_000_000),
    scoutTwiceFromBytes: fc.constantFrom(0, 1_000_000),
    namedSoon: fc.constantFrom(1, 3),
    manyNamed: fc.constantFrom(2, 1_000_000),
  }),
});

const place = fc
  .record({ second: fc.nat(3), x: fc.nat(2).map(String), n: fc.integer({ min: 1, max: 30 }), isLine: fc.boolean() })
  .map(({ second, x, n, isLine }): RunPlace => (isLine ? { time: timeOf(second), x, n } : { time: timeOf(second) }));

/** A search for the hits on one side of a place in a run. */
export const stepCase: fc.Arbitrary<SearchCase> = fc
  .record({ search: searchCase, place, direction: fc.constantFrom("next" as const, "previous" as const) })
  .map(({ search, place, direction }) => {
    const lines = { show: "lines" as const, buckets: false, before: 0, after: 0 };
    return { ...search, request: { ...search.request, ...lines, place, direction } };
  });

function timeOf(second: number): string {
  return `2026-11-20T04:17:0${second}.000001Z`;
}
